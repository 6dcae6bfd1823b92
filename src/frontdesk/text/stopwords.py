"""Words that carry no content of their own, per language.

Function words only: articles, pronouns, prepositions, conjunctions, auxiliaries, negation. Negation is judged
apart from content, see `turn.grounding`. Lists are ours, written from each language's closed word classes.
"""

_ENGLISH = """
a about above after again all also am an and any are aren't as at be because been before being below between both
but by can can't cannot could couldn't did didn't do does doesn't doing don't during each else even ever few
for from further had hadn't has hasn't have haven't having he he'd he'll he's her here hers herself him himself his
how i i'd i'll i'm i've if in into is isn't it it'd it'll it's its itself just let let's may me might more most much
must mustn't my myself no nor not of off on once only or other ought our ours ourselves out over own per please
rather same shall she she'd she'll she's should shouldn't so some such than that that'll that's the their theirs
them themselves then there there's these they they'd they'll they're they've this those though through to too under
until up upon us very was wasn't we we'd we'll we're we've were weren't what what's when when's where where's which
while who who's whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're you've
your yours yourself yourselves
"""
_SPANISH = """
a al algo alguna algunas alguno algunos ambos ante antes aquel aquella aquellas aquellos aquello aqui aquí asi así
aun aún aunque bajo bien cada como cómo con contra cual cuál cuales cuáles cuando cuándo cuanto cuánto cuya cuyo de
del desde donde dónde durante e el él ella ellas ello ellos en entonces entre era eran eres es esa esas ese eso esos
esta está estaba estaban estado estamos están estar estas estás este esto estos estoy fue fueron ha haber había
habían han has hasta hay he hemos incluso la las le les lo los luego más me mi mí mía mías mientras mío míos mis
mucho muchos muy nada ni ningún ninguna ninguno no nos nosotras nosotros nuestra nuestras nuestro nuestros nunca o
os otra otras otro otros para pero poco por porque pues puede pueden puedes puedo que qué quien quién quienes se sea
sean ser si sí sido siempre sin sobre sois solo sólo somos son soy su sus suya suyas suyo suyos tal también tampoco
tan tanto te ti tiene tienen tienes todo todos toda todas tu tú tus tuya tuyo un una unas uno unos usted ustedes
vosotras vosotros vuestra vuestro y ya yo
"""
_GERMAN = """
aber alle allem allen aller alles als also am an andere anderem anderen anderer anderes auch auf aus außer bei beim
bin bis bist da dabei dadurch dafür daher damit danach dann daran darauf darf darin darüber das dass daß dazu dein
deine deinem deinen deiner dem den denn der deren des dessen deshalb die dies diese diesem diesen dieser dieses doch
dort du durch dürfen ein eine einem einen einer eines einige einigen er es etwas euch euer eure für gegen gibt hab
habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in indem ins ist
ja je jede jedem jeden jeder jedes jedoch jene jener jetzt kann kannst kein keine keinem keinen keiner können könnte
könnten man manche mehr mein meine meinem meinen meiner mich mir mit muss musst müssen nach nein nicht nichts noch
nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so sobald sofern solche soll
sollen sollte sollten sondern sonst soweit über um und uns unser unsere unserem unseren unserer unter vom von vor
wann war waren warum was weil weiter welche welchem welchen welcher welches wenn wer werde werden wie wieder will
wir wird wo wobei wollen worden wurde wurden während würde würden zu zum zur zwar zwischen
"""
_FRENCH = """
à afin ai aie ainsi alors après as au aucun aucune aussi autre autres aux avant avec avez avoir avons bien c'est ça
car ce ceci cela celle celles celui ces cet cette ceux chaque chez comme comment d dans de depuis des donc dont du
elle elles en encore entre es est et étaient était été être eu eux fait faut il ils j j'ai je jusqu l la le les leur
leurs lors lorsque lui m ma mais me même mêmes mes moi moins mon n ne ni non nos notre nous on ont ou où oui par
parce pas pendant peu peut peuvent plus pour pourquoi pouvez puis qu quand que quel quelle quelles quels qui quoi s
sa sans se sera ses si soi soit son sont sous suis sur ta tant te tes toi ton tous tout toute toutes très tu un une
vers vos votre vous y
"""
_ITALIAN = """
a ad agli ai al alla alle allo anche ancora avere aveva c che chi ci ciò coi col come con contro cosa così cui da
dagli dai dal dalla dalle dallo degli dei del dell della delle dello di dopo dove e è ed era erano essere fa fino
fra già gli ha hai hanno ho i il in io l la le lei li lo loro lui ma me mi mia mie miei mio molto ne negli nei nel
nella nelle nello no noi non nostra nostro o ogni oppure per perché però più poi prima può puoi qual quale quali
quando quanto quella quelle quelli quello questa queste questi questo qui se sei senza si sia siamo siete solo sono
sopra sotto stato su sua sue sugli sui sul sulla sulle suo suoi te ti tra tu tua tue tuo tutti tutto un una uno vi
voi vostra vostro
"""
_PORTUGUESE = """
a à ao aos aquela aquele aquilo as às até cada com como da das de dela dele deles depois do dos e é ela elas ele
eles em entre era eram essa essas esse esses esta está estão estar estas este estes estou eu foi foram há isso isto
já la lhe lhes lo mais mas me mesmo meu meus minha minhas muito na não nas nem no nos nós nossa nosso num numa o
onde os ou para pela pelas pelo pelos pode podem por porque qual quais quando que quem se sem ser será seu seus sim
só sobre sua suas são também te tem têm ter teu tu tua um uma umas uns você vocês vos
"""
_DUTCH = """
aan al alle als altijd andere ben bij binnen bent daar dan dat de den der deze die dit doen door dus een en er ge
geen had hadden hebben hebt heb heeft hem het hier hij hoe hun ik in is ja je jij jou jouw jullie kan kun kunnen
kunt maar me meer men met mij mijn moet moeten mogen na naar nee niet niets nog nu of om omdat ons onze ook op over
pas per te tegen toch toen tot u uit uw van veel voor waar waarom wanneer want waren was wat we wel welke werd wie
wij wil worden wordt zal ze zelf zich zij zijn zo zonder zou
"""

STOPWORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": _ENGLISH,
        "es": _SPANISH,
        "de": _GERMAN,
        "fr": _FRENCH,
        "it": _ITALIAN,
        "pt": _PORTUGUESE,
        "nl": _DUTCH,
    }.items()
}
