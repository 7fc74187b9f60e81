"""Given names that the finder knows, from general knowledge of the places where the portal is used.

What is missing here is found by what stands around it, or not at all: docs/finder.md says how often.
"""

from organisations.names import folded

_LATIN = """
ahmad ahmed mohammad mohammed muhammad mohamed mohamad mahamat mahammad mamadou muhammed hamid hamida hamidou
hamidullah abdullah abdallah abdoulaye abdoulahi abdullahi abdirahman abdurrahman abdulrahman abdelrahman abderrahmane
abdurahman abdelkarim abdulkarim abdikarim abdifatah abdulaziz abdelaziz abdi abdul abdou abdel abubakar aboubacar
aboubakar abakar ali aliyu alio aliou hussein hussain husayn hossein houssein hassan hasan hassane ibrahim ibrahima
ibrahimi ismail ismael ismaila omar oumar umar umaru ousmane osman othman usman uthman youssef youssouf yusuf yousuf
yousef issa isa issoufou issouf moussa musa mousa moise mustafa moustapha mustapha mahmoud mahmud mamoud mahmood
khalid khaled khalil karim kareem jamal jamil jamila jaber jabir salah saleh salih salim saleem salma salwa samir
samira sami samia saeed sayed sayid sadiq saddiq safiya safia safi rashid rasheed rahim rahima rahman rahmat ramadan
ramzi rania rasha reem rima ruqaya rukia bashir bachir bashar bilal binta boubacar bukar bello bintou daoud daud
dawood dauda djibril jibril jibrin djamila faisal faysal farah farhad farid farida fariha faris fatima fatimah fatma
fatimata fatoumata fatou faten fawzia fawzi feroz firas habib habiba hadi hadiza hadja hafsa haidar haider hakim
hakima halima halimatou hamza hanan hani hanifa harun haroun haruna hashim hatem hawa hiba hoda huda husna idris
idriss driss imad imran inaam isra isaak iyad jaafar jafar juma jumaa kadiatou kadidia kamal kamil laila layla leila
lubna mahdi mahaman maher majid majida malik malika manal mansour mansur mariam maryam marwan marwa masoud massoud
maimouna maymouna mina moktar mokhtar muna mouna mounir munir murtada murtaza nabil nabila nadia nadir najib najiba
najat naser nasser nasir nasrin nawal nazir nazar nizar noor nora nura nouria omaima qasim qais rabia rabih rafiq raja
rami rana rawan riad riyad rokia roukia ruqayya sabah sabir sabri sadia saida sakina salamatou samba sanaa sana sani
shadi shafiq shahid sharif sherif shirin siham sohail soraya souleymane sulaiman suleiman suleman soumaila sumaya
suhail tahir tahira talal talib tamer tareq tariq tarek taha usama osama wafa wael wali walid waleed yahya yahia yakub
yakubu yacouba yaqub yasin yassin yasser yasir yasmin younes younis yunus zabihullah zahir zahra zainab zaynab zeinab
zeinabou zakaria zakariya zaki ziad ziyad zubair zuhair zulaikha aisha aicha aichatou aissata aissatou aysha ayesha
amadou adama adam adamou amina aminata aminatou amir amira ammar anas anwar arif asad asma asmaa atif awad ayman ayub
ayoub aziz aziza azza baraka djeneba djibo dicko elhadj hadj haji inas najibullah nasrullah asadullah amanullah
habibullah hekmatullah ihsanullah rahmatullah rahmatullahi sanaullah sibghatullah ghulam ghulamullah gul gulalai
mirwais mullah nangyalai parwana parwin pashtana qudratullah shabnam shafiqa shukria spozhmai tooryalai wazhma zalmai
zarghona zmarai ahmadshah ajmal baryalai freshta homayoun jawad latif lailuma mirza bakary bakari boubou bourama
cheick drissa fousseyni fily kader kalifa lamine lassana lassine madou maiga mahamadou mahamadoun mamoutou nana
nouhoum oumou ramata rokiatou salif salimata sekou seydou sidi sidiki siaka sira tiemoko yaya zoumana amenokal attaher
intalla alhassane alhousseini almoustapha ghali iyad adebayo adeola adewale ayodele babajide babatunde bamidele chidi
chidiebere chika chinedu chinonso chioma chukwu chukwuemeka ebele efosa ejike emeka femi folake funmi ifeanyi ifeoma
ikechukwu kelechi kehinde kunle ngozi nkechi nnamdi obinna ogechi okechukwu olu oluwaseun onyeka segun seun sola taiwo
temitope tunde uche yemi yetunde zainabu maryamu gambo garba gana kyari modu talatu tanko yagana zanna hauwa ladi lami
falmata kellu achol achan achieng adhieu adut ajak ajok akech akol akuol alek amer amuor angelo athieng atong awel
awut ayen ayuel biel bol chan chol chuol deng duop gai gatbel gatdet gatkuoth gatluak gatwech gatwich garang jok kiir
koang kuol kur lado ladu lam lokwang lual machar majok makuei malek malual manyang mayen mawien mayom mabior nhial
nyabol nyachut nyadeng nyaduoth nyagoa nyakim nyakong nyakuoth nyamal nyandeng nyanchan nyaruach nyawal nyibol paul
peter puok riek tut thon wani wal wol yar yien keji poni kiden sebit juan ochan okello okot akello apio auma atim
lokiru loro lomoro bahati baraka bisimwa bienvenu byamungu chantal dieudonne espoir esperance faida furaha jeannette
jolie kabila kabongo kalala kambale kasongo katembo kavira kahindo kyungu mapendo masika mbuyi mugisho muhindo mukendi
mulumba mumbere murhula mwamba mwangaza neema ngoy nsimba nzigire nzuzi paluku safari sifa tshibanda tshilombo tumaini
uwimana zawadi ndayishimiye niyonzima habimana mukamana uwase iradukunda bosco innocent claver clementine abdiaziz
abdinasir abdiqadir abdirizak abshir asha ayaan ayan barre bile burhan cabdi dahir deeqa dheere fadumo farhan faduma
fartun filsan garaad gedi guled habibo hani hibo hodan ifrah ilhan jama kadija khadija khadra liban muhubo muuse nimco
nuur saynab shukri ubah warsame xasan yuusuf tesfaye abebe almaz alemayehu ashenafi aster bekele berhane birhanu dawit
desta fikru genet getachew girma haile hailu hirut kebede kidane lemlem meles meron mesfin mulugeta selam selamawit
senait tadesse tekle tigist tsegaye worku yohannes zerihun tewodros wanjiru wanjiku kamau kariuki mwangi njeri njoroge
nyambura ochieng odhiambo otieno omondi wambui wairimu chebet kipchoge kwame kofi kwasi ama abena akosua esi yaw
mensah jean jeanne jacques jeremie jerome joseph josephine julien julienne juliette laurent louis louise luc lucie
lucien madeleine marc marcel marie marthe martine mathieu michel micheline monique nadege nathalie nicole odette
olivier pascal pascaline patrice patrick paulin philippe pierre pierrette rachel raymond rene richard rigobert robert
roger rosaline sandrine serge simone solange stephane sylvain sylvie therese thierry valerie veronique victoire
vincent virginie wilfrid wilner yves yvonne yolette jean-baptiste jean-pierre jean-claude marie-claire alain albert
alexandre alexis alice alphonse ambroise andre anne antoine apollinaire armand arsene augustin aurelie beatrice
benjamin benoit bernadette bernard brigitte camille caroline cecile celestin celine charles charlotte christian
christelle christine christophe claire claude claudine colette constant cyrille daniel danielle david delphine denis
denise desire didier dominique edouard elisabeth elise eliane emile emilie emmanuel eric ernest etienne eugene eveline
fabienne fabrice felicite felix fernand florence francis francois francoise frederic gabriel gaston genevieve georges
gerard germaine gilbert gisele guillaume guy guerline henri helene herve honore hugues irene isabelle edwidge evens
fritz gesner jocelyne mirlande roseline ronald widline woodly john james mary michael william thomas george elizabeth
sarah susan margaret robert stephen steven simon samuel sandra rebecca ruth rachael anna anne andrew anthony benson
brian catherine christopher charity cynthia damian dennis diana dorothy edward emma emily esther evelyn francis
frances frederick geoffrey gladys godfrey harriet helen henry isaac jackson jacob jane janet jennifer jessica joan
joel jonathan joshua joyce judith julia juliet karen keith kenneth kevin lilian linda lucy lydia martha martin matthew
maurice mercy moses nancy nathan nicholas nicodemus norah oliver pamela patricia paulina philip phoebe priscilla ralph
richard rosemary salome solomon stella tabitha tereza teresa theresa timothy tobias veronica victor vincent viola
walter winnie zachary abraham alfred agnes daniel elijah emmanuel gideon gerald gabriel jeremiah ingrid lars erik sven
karl klaus hans jurgen stefan andreas anders ivan marco giovanni francesca paolo luca carlos jose juan luis luisa
jorge pedro pablo diego andres alejandro alejandra alberto alfonso alvaro amparo ana antonio arturo aurelio beatriz
camilo carmen catalina cecilia claudia consuelo cristian cristina dairo daniela duvan edgar edinson eduardo efrain
elena eliecer elkin emilio enrique ernesto esteban estela faber fabian felipe ferney fernando fernanda francisco
freddy fredy gerardo german gilberto gloria gonzalo graciela guillermo gustavo hector hernan hernando hugo humberto
ignacio ines isabel jaime jairo javier jenny jesus jhon jhonatan jimena joaquin johana jorge josefina julian juliana
julio katherine leidy leonardo leonel lorena lucia manuel marcela margarita maria mariana maribel marina mario marisol
maritza marlon marta mauricio mercedes miguel milena milton miriam monica nelson nestor nicolas nubia octavio orlando
oscar paola patricia rafael ramiro ramon raul ricardo roberto rocio rodrigo rosa rosalba ruben salvador santiago
sebastian sergio silvia sofia tatiana tomas vicente viviana wilmer wilson ximena yamile yesid yolanda yuliana yurani
aung khin khun kyaw kyi lwin maung min moe myat myint myo naing nyein paw phyu sandi sanda saw shwe soe thandar thida
thein thiri thu thuzar tin tun wai win zaw zin zun ei htet htoo htun hla hnin hseng nang nan naw olena oleksandr
oleksiy andriy bohdan dmytro halyna hanna iryna kateryna larysa lyudmyla mykhailo mykola nataliia natalia oksana oleh
olha petro roman ruslan serhii serhiy svitlana taras tetiana vasyl viktor viktoriia volodymyr yaroslav yevhen yulia
yuriy aleksandr alexei andrei anastasia boris dmitry elena igor irina ivan katerina ksenia lyudmila marina maxim
mikhail nikolai oleg olga pavel sergei sergey svetlana tatyana vadim valentina vladimir yekaterina yelena yuri wang
zhang liu chen zhao huang zhou wei ming xiaoming
"""
# Names that are also words, or places: by themselves they count only where nothing else explains the capital.
_LATIN_WORDS = """
grace hope faith mercy blessing comfort patience charity precious innocent justice peace joy sunday monday friday rose
lily ruby mark will bill frank grant may june april august victor victoria florence charlotte jordan chad paris
francis kenya juan marina gloria mercedes salvador santiago rosario consuelo dolores luz paz pilar esperanza amparo
angel jesus safari sifa espoir esperance bienvenu constant desire honore victoire prince pascal noel lucky bol chan
kur lam tut wal wol yar gai jok win min saw tin paw wai naw nan nang thu moe soe ei hla ama yaw juma haji hadj nana
gana gambo garba ladi lami taha safi sidi samba sani sana salam selam jama barre bile desta genet guy luc rene raja
rana rama rami riyad riad salah sharif talib wali wafa hani hiba huda said aziz malik sultan amir emir karim latif
nazar nora nura mina asad mullah gul mirza barka baraka raymond roman wei ming wang constant adam rosa anna lucia
sofia elena martin claire camille jolie sara
"""
_CYRILLIC = """
александр александра алексей алёна алина алла анастасия анатолий ангелина андрей анна антон антонина артём богдан
борис вадим валентин валентина валерий валерия варвара василий вера вероника виктор виктория виталий владимир
владислав вячеслав галина геннадий георгий григорий дарья денис диана дмитрий евгений евгения егор екатерина елена
елизавета зарема зинаида зоя иван игорь илья инна ирина кирилл константин кристина ксения лариса леонид лидия любовь
людмила максим марина мария михаил надежда наталья наталия никита николай нина оксана олег олеся ольга павел пётр
полина раиса роман руслан рустам светлана семён сергей софия станислав степан тамара тарас татьяна тимофей фёдор
эдуард эльвира юлия юрий яна ярослав мыкола андрій богдана василь віктор вікторія володимир галя ганна дмитро євген
захар ірина катерина леся людмила максим марко михайло мирослав микола назар наталія олександр олександра олена
олексій ольга остап павло петро святослав сергій тетяна юрко ярина ахмад ахмед мохаммад мохаммед мухаммад али хасан
хусейн ибрагим юсуф фатима мариам омар усман абдулла рашид джамал тимур ислам заур магомед
"""
_CYRILLIC_WORDS = "вера надежда любовь роман захар марко ислам яна зоя"
_ARABIC = """
محمد أحمد محمود علي حسن حسين عمر عثمان خالد إبراهيم إسماعيل إسحاق إسحق يوسف يعقوب موسى عيسى داود سليمان هارون آدم
إدريس فاطمة عائشة خديجة مريم زينب حواء آمنة أمينة حليمة سعاد سمية رقية حفصة ليلى منى هالة هدى ندى رانيا ريم سلمى سلوى
سناء عبدالله عبدالرحمن عبدالكريم عبدالعزيز عبدالملك عبدالقادر عبدالحميد مصطفى مرتضى طارق زياد وليد وائل ماهر سامر سامي
سمير بشير بشار بلال جمال جعفر حمزة حيدر رامي رائد رشيد رمضان زكريا زيد سعد سليم شادي صلاح ضياء طه عادل عامر عباس عماد
عمار غسان فادي فارس فاروق فهد فواز فيصل قاسم قيس كمال لؤي مأمون مازن مالك ماجد مجدي محسن مختار مروان مسعود معاذ معتز
منصور منير مهدي مهند نادر نبيل نزار نضال نعيم هاشم هاني هشام هيثم ياسر ياسين يحيى يونس ياسمين نادية نجوى نسرين نوال
نورا هناء هند وفاء إسراء آلاء أسماء إيناس بثينة تيسير جميلة حنان دعاء دينا رباب رحاب رنا روان زهراء سارة سحر سميرة
شيماء صفاء عبير عفاف غادة فوزية كلثوم لبنى لينا مها ميساء نجلاء نهى هبة وسام أنور أنس أسامة أشرف أكرم أمجد أيمن أيوب
إياد إيهاب باسم بدر تامر توفيق ثامر جابر جلال حاتم حازم حامد حبيب خليل خميس رياض زهير شريف شوقي صادق صابر طاهر عاصم
عاطف عزيز فتحي فريد فؤاد قحطان كاظم لطفي متوكل مبارك معمر نبيه نصر نعمان هلال ورد كوكو تيه كافي بكري تاج الطيب الصادق
الهادي النور الفاضل
"""
_ARABIC_WORDS = """
أمل سلام نور جميل حسن سعيد كريم صالح ناصر عادل شريف صادق هدى إيمان رحمة بدر سعد هند ندى سحر دعاء وفاء صفاء رمضان مبارك
هلال عزيز خميس جمعة ورد نصر فارس فهد باسم مختار طاهر مالك حبيب رياض حامد تاج كافي تيه زيد النور الفاضل الصادق الهادي
منصور هناء مها سناء سلوى حنان عبير وسام رائد نضال كمال جلال جمال توفيق إسراء مسعود ماجد عمار عامر سالم شكري الطيب مجدي
نادر نبيل
"""


def _set(text: str) -> frozenset[str]:
    return frozenset(folded(name) for name in text.split())


_ENDINGS = (  # of Russian and Ukrainian names in their cases
    ("ия", ("ии", "ию", "иеи")),
    ("ья", ("ьи", "ье", "ью", "ьеи")),
    ("ии", ("ия", "ию", "ием")),
    ("еи", ("ея", "ею", "еем", "ее")),
    ("а", ("ы", "и", "е", "у", "ои", "ою", "еи")),
    ("я", ("и", "е", "ю", "еи")),
    ("о", ("а", "у", "ом")),
    ("и", ("я", "ю", "ем", "е", "єві", "ю")),
    ("ь", ("я", "ю", "ем", "е")),
    ("", ("а", "у", "ом", "е", "ові")),
)


def _declined(names: frozenset[str]) -> frozenset[str]:
    found = set(names)
    for name in names:
        ending, others = next(row for row in _ENDINGS if name.endswith(row[0]))
        stem = name.removesuffix(ending)
        found |= {stem + other for other in others}
    return frozenset(found)


_ALIKE = str.maketrans("أإآٱىةؤئ", "اااايهوي")


def arabic(word: str) -> str:
    """An Arabic word with the letters that are often written one for another made one."""
    return word if word == "على" else word.translate(_ALIKE)  # "on" is not Ali


NAMES = _set(_LATIN) | _declined(_set(_CYRILLIC))
ALSO_WORDS = _set(_LATIN_WORDS) | _declined(_set(_CYRILLIC_WORDS))
ARABIC_ALSO_WORDS = frozenset(map(arabic, _ARABIC_WORDS.split()))
ARABIC_NAMES = frozenset(map(arabic, _ARABIC.split())) | ARABIC_ALSO_WORDS
