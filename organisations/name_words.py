"""What the words in names of organisations mean, in English, French and Spanish: data for organisations.names.

Each line is one concept in the languages in which organisations write it, in the singular, without accents. The words
are those of the field's own vocabulary, no organisation's; what an organisation is called elsewhere is a row of
OrganisationName.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Little words: they say nothing.
STOP = _words("""
the a an of for and in on to at by with from und fur der die das d l de du des la le les et pour en au aux dans sur
avec el los las del para por y e o da do dos di della dei per s
""")
# Legal forms: whoever writes them or leaves them out means the same.
LEGAL = _words("inc ltd llc ev gmbh asbl vzw aisbl sa sarl ong ngo ongi ingo io oi npo ngdo ongd onlus cic plc")

_CONCEPTS = """
international internationale internacional internationalis internationaler internazionale
global worldwide
federation federacion
foundation fondation fundacion stiftung
association asociacion associazione
organization organisation organizacion
network reseau red
alliance alianza
union union
group groupe grupo
consortium consorcio
committee comite comity
council conseil consejo
commission comision
commissioner commissaire
commissariat
agency agence agencia
office bureau oficina
department departement departamento
fund fond fonds fondo
programme program programa
project projet proyecto
service servicio
society societe sociedad gesellschaft
center centre centro
corps cuerpo
movement mouvement movimiento
mission mision
institute institut instituto
initiative iniciativa
action accion
aid aide ayuda assistance asistencia hilfe
relief secours socorro
support appui soutien apoyo
rescue sauvetage rescate
development developpement desarrollo
cooperation cooperacion zusammenarbeit
coordination coordinacion
humanitarian humanitaire humanitario humanitaria
affair affaire asunto
emergency urgence emergencia urgencia
refugee refugie refugiado
migration migracion
child children enfant enfance nino infancia childhood
woman women femme mujer
youth jeunesse jeune juventud joven
people peuple pueblo
human humain humano
right droit derecho
health sante salud
medical medicale medico medica medicaux
doctor medecin medicos
nurse infirmier enfermera
food alimentaire alimentation alimentario alimentacion
agriculture agricultura
agro agricole agricola
hunger faim hambre
famine hambruna
water eau agua
education educacion
training formation formacion
science ciencia
scientific scientifique cientifico
cultural culturel culturelle
culture cultura
environment environnement ambiente
protection proteccion
population poblacion
world monde mondial mondiale mundo mundial
earth terre tierra
land tierra
man homme hommes hombres hombre men
border frontiere frontera
without sans sin borderless
solidarity solidarite solidaridad
peace paix paz
security securite seguridad safety
mine mina
demining deminage desminado
community communaute comunidad communautaire
church eglise iglesia
christian chretien cristiano chretienne
catholic catholique catolico catolica
islamic islamique islamico islamica
muslim musulman musulman
jewish juif judio juive
adventist adventiste adventista
lutheran lutherien luterano lutherienne
technical technique tecnico tecnica
disability handicap discapacidad
inclusion inclusion
nation nacion
united unie uni unido unida unies
high haut alto haute
against contre contra
red rouge roja
cross croix cruz
crescent croissant
rural rurale
veterinarian veterinaire veterinario vet
lawyer avocat abogado
pharmacist pharmacien farmaceutico
engineer ingenieur ingeniero
journalist journaliste periodista
eye yeux oeil ojo
life vie vida lives
hand main mano
hope espoir esperanza
help hilfe
save sauver salvar sauvez
victim victime victima
elderly age anciano helpage
family famille familia
house maison casa habitat
settlement etablissement asentamiento
first premiere premier primera primero
social sociale
economic economique economico
university universite universidad universitaire
research recherche investigacion
rehabilitation rehabilitacion readaptation
reconstruction reconstruccion
democracy democratie democracia
dialogue dialogo
justice justicia
freedom liberte libertad
"""

# The place that a section or a national society has in its name. ISO codes; both the noun and the adjective.
_PLACES = """
AF afghanistan afghan afghane
AT austria austrian autriche osterreich
AU australia australian australie
BD bangladesh bangladeshi
BE belgium belgian belgique belge belgica
BF burkina faso burkinabe
BI burundi burundais
BR brazil brazilian bresil brasil
CA canada canadian canadien canadienne
CD congo congolese congolais congolaise
CF centrafricaine centrafrique
CH switzerland swiss suisse schweiz suiza svizzera
CL chile chilean chili
CM cameroon cameroun cameroonian
CN china chinese chine
CO colombia colombian colombie
CZ czech tcheque czechia
DE germany german allemagne allemand allemande deutsche deutschland deutsch alemania alemana
DK denmark danish danemark danois danoise dan
EG egypt egyptian egypte
ES spain spanish espagne espagnol espagnole espana espanola
ET ethiopia ethiopian ethiopie
FI finland finnish finlande finn
FR france french francais francaise francia
GB uk gb british britain england britannique kingdom
GR greece greek grece
HT haiti haitian haitien
HU hungary hungarian hongrie
ID indonesia indonesian indonesie
IE ireland irish irlande irlandaise
IN india indian inde
IQ iraq iraqi irak
IR iran iranian
IT italy italian italie italia italiana italienne
JO jordan jordanian jordanie
JP japan japanese japon japonais
KE kenya kenyan
KR korea korean coree
KW kuwait kuwaiti
LB lebanon lebanese liban libanais libanaise
LU luxembourg
LY libya libyan libye
ML mali malian malien malienne
MM myanmar burma burmese
NE niger nigerien nigerienne
NG nigeria nigerian
NL netherlands dutch holland hollande holand nederland neerlandais
NO norway norwegian norvege norvegien norvegienne
NP nepal nepali
NZ zealand
PH philippines philippine
PK pakistan pakistani
PL poland polish pologne polonaise
PS palestine palestinian palestinien
PT portugal portuguese
QA qatar qatari
RU russia russian russie
SA saudi
SD sudan sudanese soudan
SE sweden swedish suede suedois suedoise
SN senegal senegalese senegalais
SO somalia somali somalie
SS juba
SY syria syrian syrie syrien syrienne
TD chad tchad chadian tchadien
TR turkey turkish turquie turkiye turc
TZ tanzania tanzanian tanzanie
UA ukraine ukrainian
UG uganda ugandan ouganda
US usa us american america americain americaine
YE yemen yemeni
"""

# What many organisations have in their names: weighs less than what only one has (see names.weight).
NOISE = _words("international global federation foundation association organization group worldwide")
COMMON = _words("""
committee council commission agency office fund programme project service society center corps network alliance union
movement mission institute initiative action aid relief support development cooperation coordination humanitarian
emergency health child woman youth people world community education social medical human united nation rescue food help
charity church african africa asia rural technical first life hope right protection
""")


def _lines(text):
    return [line.split() for line in text.strip().splitlines()]


CONCEPTS = {word: concept for concept, *words in _lines(_CONCEPTS) for word in (concept, *words)}
PLACES = {word: code for code, *words in _lines(_PLACES) for word in words}
