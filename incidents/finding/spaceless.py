"""Names of people in Arabic and Chinese, where no capital tells them; telephone numbers spelt out in words."""

import re
from collections.abc import Iterator

from organisations.names import folded

from .given_names import ARABIC_ALSO_WORDS, ARABIC_NAMES, arabic
from .words import ARABIC_NOT, ARABIC_ROLES, ARABIC_TITLES, DIGIT_WORDS

_ARABIC = re.compile(r"[\u0621-\u064a\u0671-\u06d3]+")
_LEADING = "وفبل"
_OF = frozenset({"بن", "ابن", "بنت", "ال", "عبد", "ابو", "ام"})
_FATHER = frozenset({"ابو", "ام", "ابي"})
_NO_FATHER = frozenset({"ظبي", "درمان", "كمال", "قصر", "دلال", "روابه", "زبد"})
_MOST_WORDS = 5

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "敏"
)
_GIVEN = (
    "建国伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉萍"
    "红玲梅鹏飞鑫波斌辉浩宇婷雪琳倩颖欣佳怡晓志文俊峰海燕凤春云龙"
    "生福德永健世广义兴良山仁宁贵元全胜学祥才新利清彬富顺信子昌成康星光天达"
    "安岩中茂进林有坚和博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲江"
)
_SOUNDS = (
    "阿艾安奥巴拜班邦贝本比彼别宾伯博布查达戴丹当道德邓迪蒂丁东杜多恩尔法菲费"
    "芬弗夫福盖甘冈高戈格古瓜哈海汉豪赫胡华霍基吉加贾杰金卡凯坎康考科克肯库拉"
    "莱兰朗劳勒雷里丽利莉列林琳卢鲁路伦罗洛马玛迈曼毛梅门蒙米密明缪莫默姆木穆纳娜奈南内"
    "尼涅宁努诺欧帕潘佩皮普奇齐恰乔切琴琼丘热日茹若萨塞赛桑瑟森沙山珊尚绍舍申什圣施史舒"
    "斯丝苏索所塔泰坦汤陶特腾提廷图托瓦万旺威韦维魏温文沃乌武西希"
    "锡夏香谢辛欣休许雅亚扬耶叶伊因尤于约扎泽詹珍治朱祖佐邓约翰谢赫"
)
_CHINESE = re.compile(
    rf"[{_SOUNDS}]{{1,6}}(?:·[\u4e00-\u9fff]{{1,6}}?(?=[^{_SOUNDS}])|·[{_SOUNDS}]{{1,6}})+"
    rf"|(?:欧阳|司马|诸葛|上官|[{_SURNAMES}])[\u4e00-\u9fff]{{0,2}}?(?:先生|女士|小姐|医生|主任|老师|博士|队长)"
    rf"|(?<=司机|护士|翻译|主任|医生|队长|名叫|名为|姓名|人：|联系|保安|老师|证人|击者"
    rf"|责人)[:： ]?[{_SURNAMES}][\u4e00-\u9fff](?:[{_GIVEN}])?"
    rf"|(?<=名叫|名为)[\u4e00-\u9fff]{{2,3}}"
    rf"|(?:[{_SURNAMES}])[{_GIVEN}]{{2}}|(?<=[和、,与])[{_SURNAMES}][{_GIVEN}]"
    r"|穆罕默德|艾哈迈德|阿卜杜拉|阿卜杜勒|易卜拉欣|法蒂玛|哈桑|侯赛因|优素福|奥马尔|马哈茂德|阿伊莎|约瑟夫|哈姆扎|阿里(?=说|被"
    r"|和"
    r"|的"
    r"|在)"
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SPOKEN = re.compile(r"[零〇一二三四五六七八九幺两]{6,20}")
_SHORTEST_SPOKEN = 5


def chinese(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what may be names: written by sound, before a title, after an office, of usual signs."""
    for found in _CHINESE.finditer(text):
        start = found.start() + (text[found.start()] in ":： ")
        yield start, found.end()


def _base(word: str) -> str:
    """Without an "and", "to", "by" that is written together with it, if it is a name then."""
    if word not in ARABIC_NAMES and word[0] in _LEADING and (word[1:] in ARABIC_NAMES or word[1:] in _FATHER):
        return word[1:]
    return word


def _starts(words, at) -> bool:
    word = _base(words[at][0])
    before = words[at - 1][0].removeprefix("و") if at else ""
    after = words[at + 1][0] if at + 1 < len(words) else ""
    if word == "عبد" or word in _FATHER:
        return bool(after) and after not in _NO_FATHER and after not in ARABIC_NOT
    if before in ARABIC_TITLES:
        return word not in ARABIC_NOT and word not in ARABIC_ROLES
    if word not in ARABIC_NAMES:
        return False
    if word not in ARABIC_ALSO_WORDS:
        return True
    return before in ARABIC_ROLES or after in ARABIC_NAMES or after in {"بن", "ابن"}


def _continues(word, before, position) -> bool:
    if word in ARABIC_NOT or word in ARABIC_ROLES:
        return False
    if before in _OF:
        return True
    if position >= 2 and before.startswith("ال") and before not in ARABIC_NAMES:
        return False
    return word in ARABIC_NAMES or word in _OF or (word.startswith("ال") and len(word) > 4)


def arabic_names(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what may be names: known given names and what follows them, whoever has a title."""
    words = [(arabic(found[0]), found.start(), found.end()) for found in _ARABIC.finditer(text)]
    at = 0
    while at < len(words):
        if not _starts(words, at):
            at += 1
            continue
        end = at
        while end + 1 < len(words) and end - at < _MOST_WORDS and words[end + 1][1] - words[end][2] == 1:
            if text[words[end][2]] != " " or not _continues(words[end + 1][0], _base(words[end][0]), end - at + 1):
                break
            end += 1
        yield words[at][2] - len(_base(words[at][0])), words[end][2]
        at = end + 1


def spoken(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of numbers that are spelt out, figure by figure or in pairs, as telephone numbers are."""
    for found in _SPOKEN.finditer(text):
        yield found.span()
    run = []
    for found in _WORD.finditer(text):
        if not _is_figure(folded(found[0])):
            continue
        if run and text[run[-1].end() : found.start()].strip(" ,.;-"):
            yield from _spoken_run(run)
            run = []
        run.append(found)
    yield from _spoken_run(run)


def _is_figure(word) -> bool:
    return word in DIGIT_WORDS or all(part in DIGIT_WORDS for part in word.split("-"))


def _spoken_run(run):
    if len(run) >= _SHORTEST_SPOKEN:
        yield run[0].start(), run[-1].end()
