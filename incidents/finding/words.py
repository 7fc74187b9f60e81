"""Words around names, and words with capitals that are no names: what the finder goes by."""

from organisations.names import folded


def _set(text: str) -> frozenset[str]:
    return frozenset(folded(word) for word in text.split())


# Before a name, whatever the name.
TITLES = _set("""
mr mrs ms miss dr doctor prof professor sheikh shaikh cheikh sheik imam malam mallam mullah haji hajj hadj el-hadj
father fr pastor bishop sister brother mama baba captain capt colonel col general gen major maj commander cmdr
lieutenant lt sergeant sgt corporal chief sultan emir engineer eng madam mme mlle monsieur madame m docteur pr abbe
soeur pere maitre me capitaine commandant lieutenant sergent sr sra srta don dona senor senora hna hno padre capitan
comandante coronel sargento alias u daw ko ma sayyid sayed ustaz mzee г-н г-жа господин госпожа гражданин гражданка др
доктор командир капитан майор полковник лейтенант пан пани позывной aka
""")
# What somebody does or is to somebody, before a name: "our driver X", "the guard, X".
ROLES = _set("""
driver guard watchman nurse doctor teacher midwife cook cleaner mechanic logistician accountant officer colleague
passenger wife husband brother sister son daughter father mother cousin uncle aunt nephew neighbour friend victim
witness suspect translator interpreter contractor volunteer mayor governor imam pastor priest leader named called name
contact caller signed drivers guards nurses staff by chauffeur gardien infirmier infirmiere enseignant enseignante
collegue temoin victime femme mari frere soeur fils fille pere mere cousin cousine neveu voisin ami logisticien
logisticienne conseiller nomme nommee certain appelle nom agent pretre maire sage-femme medecin docteur conductor
chofer guardia enfermera enfermero maestro maestra esposa esposo hermano hermana hijo hija padre madre primo vecino
amigo testigo victima contratista lider pastor llamado llamada contacto водитель водителя охранник охранника врач
врача медсестра учитель учительница муж жена брат сестра сын дочь мать отец сосед коллега сотрудник сотрудница
сотрудница свидетель пострадавший звонил сообщил сообщила зовут имени фамилия начальник директор волонтёр ждал person
by
""")
SPEAKS = _set("""
said says told reported called asked refused replied wrote confirmed explained added answered shouted survived drove
fled dit a-t-il declare affirme explique raconte repond travaille dijo confirmo declaro explico llamo conto respondio
сказал сказала сообщил сообщила рассказал рассказала подтвердил подтвердила заявил заявила ждал ждала
""")
# Parts of names that stand in small letters, too.
PARTICLES = _set(
    "al el bin ibn ben bint van der den von de da dos du ould ag abu abou um umm ap mac ou abdel abdul abd"
)
# A capital that is no name of a person; a word right beside it is none either, unless it is a given name.
NO_NAMES = _set("""
the a an and or of in on at to from by for with after before during between since until when while where as if it its
they he she we you i his her our their this that these those there then two three four five six seven eight nine ten
some all most many several no not but so because however please note see call send write meet contact somebody someone
nobody people person women men children staff team teams member members family community group crowd armed local
national international regional global humanitarian united nations un ngo ingo north south east west northern southern
eastern western central upper lower greater new old great state states province district county region governorate
territory city town village camp road street avenue river lake mountain mount jebel port airport hospital clinic
school university mosque church market square bridge block hotel bank embassy ministry minister president government
governor mayor police army forces force security defence defense armed rapid support liberation front movement party
militia council committee commission office officer head deputy director adviser advisor coordinator manager
representative special secretary general chief mission programme program project agency fund organisation organization
association federation foundation action relief rescue aid save river red cross crescent world food health refugee
refugees children peace norwegian danish swedish french british american russian chinese sudanese syrian nigerian
african european arab islamic muslim christian kurdish somali afghan ukrainian haitian colombian congolese malian
yemeni boko haram shabaab ansar allah taliban houthi isis isil daesh wagner january february march april may june july
august september october november december monday tuesday wednesday thursday friday saturday sunday jan feb mar apr
jun jul aug sep sept oct nov dec day days week month year land cruiser toyota hilux nissan patrol glock kalashnikov
manchester telegram whatsapp facebook twitter signal skype internet gps area country field access humanitarian affairs
logistics finance human resources protection unit units plate passport number names name list message witness
statement next kin passengers reference resolution agreement good shelling weather cash ransom prices access attackers
whats app tango badge grid position number eid ramadan christmas easter blue white black green nile sea horn coast
valley desert interior high level annual report plan le la les l un une des du au aux et ou dans sur sous par pour
avec sans chez vers entre depuis pendant apres avant selon notre votre leur son sa ses ce cette ces il elle ils elles
nous vous on qui que merci deux trois quatre cinq environ aucun aucune tout tous hommes femmes enfants personnel
equipe vehicule camion moto convoi attaque reunion coordonnees adresse liste temoin passeport compte boite postale
telephone ville quartier cite rue route camp mont riviere fleuve hopital ecole aeroport marche place ministere
ministre president gouvernement gouverneur police nationale armee forces comite conseil commission bureau chef
coordinateur coordinatrice coordination programme alimentaire mondial haut commissariat refugies croix rouge croissant
medecins frontieres nord sud est ouest janvier fevrier mars avril mai juin juillet aout septembre octobre novembre
decembre lundi mardi mercredi jeudi vendredi samedi dimanche mon ton joindre appeler ecrivez francs dollars saint
sainte sauvons los las el lo unos una y o en de del al con sin por para entre desde hasta segun durante se su sus este
esta estos un dos tres cuatro nuestro nuestra doña señor senora punto vehiculo camion telefono coordenadas contacto
escriba llame escuela hospital iglesia plaza barrio vereda municipio departamento ejercito liberacion nacional
defensoria pueblo unidad consejo programa mundial alimentos cruz roja colombiana pastoral social semana santa san
santo altos ciudad puerto valle rio enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
diciembre lunes martes miercoles jueves viernes sabado domingo medicos mundo victimas oficina mision в во на из с со к
ко у о об от до по под над за при для без и а но или не он она они мы вы его ее их наш этот эта все всем управление
верховного комиссара оон организации комитет международный красного креста совет совета безопасности резолюция область
области район района город города министерство полиция армия водитель автомобиль колонна обстрел паспорт координаты
охранник врач офис списке пассажиры точка снайперы похитители свидетель начальник пишите госномер инн словам телеграме
мае июне январе феврале марте апреле июле августе сентябре октябре ноябре декабре нам afghanistan mali nigeria niger
sudan syria yemen ukraine haiti myanmar colombia somalia kenya uganda ethiopia eritrea chad cameroon congo rwanda
burundi tanzania burkina faso senegal iraq iran lebanon jordan turkey israel palestine gaza libya egypt russia china
france spain kabul kandahar herat mazar bamako gao kidal mopti sevare segou tombouctou timbuktu menaka maiduguri kano
abuja lagos borno yobe adamawa khartoum darfur fasher nyala kordofan kadugli kassala port gedaref juba bor bentiu
malakal wau yei yambio torit rumbek jonglei unity lakes equatoria goma bukavu kinshasa ituri kivu bunia beni damascus
aleppo homs idlib hama deir raqqa latakia sanaa aden taiz marib hodeidah kyiv kiev kharkiv odesa donetsk dnipro
kherson zaporizhzhia port-au-prince delmas yangon mandalay sittwe rakhine kachin shan lashio bogota cali quibdo narino
choco mogadishu baidoa kismayo geneva york bangui ndjamena n'djamena abeche diffa agadez tahoua niamey ouagadougou
djibo paris london
""")
# A name before or after these is the name of a place: "Gabriel Toure hospital".
PLACE_AFTER = _set("""
hospital mosque street road avenue airport camp school university square market bridge stadium mountain district state
province clinic hotel church centre center village town city county river lake
""")
PLACE_BEFORE = _set("""
hopital ecole lycee camp aeroport place avenue rue boulevard quartier stade mosquee marche pont ville village mont
escuela colegio plaza barrio hospital aeropuerto parque calle universidad san santa santo saint sainte st port fort
jebel ciudad puerto deir cox's lake mount проспект улица улице площадь парк город село
""")
WHERE = _set("""
in near at to towards from via around outside through between a au aux en vers pres dans entre depuis sur cerca hacia
desde в из под около возле на через
""")
DIGIT_WORDS = _set("""
zero oh one two three four five six seven eight nine double triple un deux trois quatre cinq sept huit neuf dix onze
douze treize quatorze quinze seize vingt trente quarante cinquante soixante soixante-dix quatre-vingt quatre-vingts
cero uno dos tres cuatro cinco seis siete ocho nueve diez veinte treinta cuarenta cincuenta ноль один два три четыре
пять шесть семь восемь девять десять двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто сто
двести صفر واحد اثنان ثلاثة اربعة أربعة خمسة ستة سبعة ثمانية تسعة
""")
ARABIC_TITLES = frozenset(
    """السيد السيده الدكتور الدكتوره الشيخ المهندس المهندسه الاستاذ الاستاذه الحاج العقيد النقيب القائد
    المدعو المدعوه يدعي تدعي اسمه اسمها باسم القاضي الامام الرائد العميد""".split()  # noqa: SIM905
)
ARABIC_ROLES = frozenset(
    """السائق الحارس الموظف الموظفه الممرض الممرضه الطبيب الطبيبه المعلم المعلمه اخوه اخته زوجته زوجها ابنه
    ابنته والده قال قالت ذكر مع من ان هم عمه يسكن اتصل كتب كتبت مثل بين""".split()  # noqa: SIM905
)
ARABIC_NOT = frozenset(
    """ان الي في من على عن مع كان كانت قد لم لا ما هو هي هم الذي التي عند بعد قبل حتي او ثم كما هدد قال
    غادرا غادر امس الان اتصل السائق الحارس الطريق اليوم""".split()  # noqa: SIM905
)
