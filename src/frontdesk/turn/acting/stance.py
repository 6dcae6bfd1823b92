"""Whether a message is about the customer's own case or asks how things are in general.

"Where is my refund?" wants one payment looked up; "how long do refunds take?" wants a rule, which the knowledge tells.
"""

import re
from typing import Literal

from frontdesk.turn.acting.heard import Heard

Stance = Literal["request", "own", "general", "open"]
"""
request   asks for something to be done
own       is about something that the customer has, ordered or waits for
general   asks for a rule
open      says neither
"""


def _any(*alternatives: str) -> "re.Pattern[str]":
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


_GENERAL = _any(
    r"how (?:long|much|many|often|fast|quickly|soon|far)(?: \w+){0,3}",
    r"how (?:do|can|does|would|should|could|to|is|are)(?: \w+)?",
    r"what (?:is|s|are) (?:the|your|a|an) (?:\w+ )?(?:\w+ )?(?:policy|policies|rules?|cost|costs|price|fee|fees|deadline|conditions?|terms|process|difference|procedure|period|window|steps)",
    r"what (?:does|do|happens|if|about|kind|sort|types?|counts)",
    r"(?:do|does|did) (?:you|they|the \w+|it|your \w+|anyone) (?:guys )?(?:\w+ )?(?:offer|accept|have|charge|deliver|ship|repair|fix|refund|take|cover|provide|do|sell|give|work|send|allow|support|cost|need|exchange|always|also|ever|usually|include)",
    r"(?:is|are) (?:it|there|refunds|returns|repairs|deliveries|exchanges) (?:\w+ )?(?:possible|free|allowed|any|a|an|charged|needed|necessary|refundable|covered)?",
    r"who (?:pays|covers|can|has|is|bears)",
    r"which (?:\w+ )+(?:can|are|do|does|is|count)",
    r"can (?:i|you|we|one|people|anyone|customers|members|it|they|refunds|returns)",
    r"may i|am i allowed|do i (?:need|have|get|pay)|must i|should i|will i (?:be charged|have to|need|get charged)|when (?:do|does|is|are) (?:refunds?|returns?|orders?|you|the|it|repairs?|appointments?|i)",
    r"what if|suppose|in case|if i",
    r"(?:tell|explain|know)(?: me)?(?: more)? (?:about|how)",
    r"i (?:wonder|was wondering) (?:if|how|whether)",
    r"wie (?:lange?|viel|oft|schnell|hoch|teuer|weit|genau)",
    r"wie (?:funktioniert|lae?uft|geht|kann|mache?|erhalte|bekomme|gebe|schicke|ae?ndere?|storniere|vereinbare|buche|werde?n?|kommt|kommen|wird|ist)",
    r"(?:kann|darf|muss|soll(?:te)?) (?:man|ich|es|jeder|jemand)",
    r"(?:ist|sind|wird|werden|gibt) (?:es|das|die|der|ein\w*|reparaturen|rue?ckgaben|retouren|erstattungen|rue?cksendungen)",
    r"was (?:kostet|kosten|passiert|ist|sind|gilt|geschieht|muss|brauche|heisst|bedeutet|wenn)",
    r"welche\w*",
    r"wer (?:zahlt|bezahlt|trae?gt|ue?bernimmt|darf|kann|ist)",
    r"wann (?:muss|darf|kann|verfae?llt|endet|gilt|bekommt|erhae?lt|werden|wird man)",
    r"(?:bietet|habt|nehmt|liefert|repariert|akzeptiert|verschickt|macht|erstattet|berechnet|bieten|haben|nehmen|liefern|reparieren|akzeptieren|verschicken|machen|erstatten|berechnen) (?:ihr|sie)",
    r"falls|wenn ich|angenommen|fae?llt|fallen",
    r"bis wann",
    r"cuant[oa]s?(?: \w+)?",
    r"como (?:se|puedo|hago|funciona|funcionan|es|son|va|tengo|debo|devuelvo|cambio|pido|solicito|reservo)",
    r"(?:se puede|se pueden|puedo|es posible|hay que|tengo que|debo|esta permitido|es gratis|es gratuit[oa]|son gratis)",
    r"que (?:pasa|ocurre|sucede|cuesta|es|son|necesito|politica|plazo|condiciones|significa|incluye|tipo)",
    r"cual(?:es)? (?:es|son)",
    r"quien (?:paga|puede|asume|cubre)",
    r"(?:ofreceis|ofrecen|teneis|tienen|aceptais|aceptan|enviais|envian|reparais|reparan|haceis|hacen|cobrais|cobran|hay|existe|existen|devolveis|devuelven)",
    r"si (?:devuelvo|pido|compro|cambio|quiero|no|mi|el|la|un|una)",
    r"hasta cuando|cuando (?:hay|se|tengo|caduca|debo|expira)",
    r"en que (?:casos|plazo)",
)
_OWN = _any(
    r"(?:my|mine|our|ours|mein\w{0,2}|unser\w{0,2}|mi|mis|mia|mio|nuestr[oa]s?)",
    r"i (?:have |ve |had |just |already |never |only |recently |still |also )*(?:ordered|bought|purchased|returned|sent|paid|received|placed|got|booked|cancelled|canceled|been|waited|waiting|haven t|did not|didn t|shipped|mailed|am waiting|m waiting|m still)",
    r"(?:we|i) (?:still )?(?:have|ve) (?:not|n t|been)|i (?:haven t|have not|didn t|never|did not|still don t|still haven t)",
    r"(?:where|wheres|where s|where is|where are|whats|what s|what is) (?:is |are |s )?(?:the |it|that|happening|up|going|holding)\b",
    r"status|tracking(?: number)?|sendungsverfolgung|sendungsstatus|lieferstatus|bestellstatus|seguimiento|estado",
    r"(?:hasn t|has not|haven t|have not|didn t|did not|never|still not|not yet|not) (?:\w+ )?(?:arrived|come|been|shown|turned|received|reached|refunded|shipped|delivered|got)",
    r"ich (?:habe?|hab|warte|bekam|bestellte|kaufte)|(?:habe?|hab) ich|(?:habe?|hab) (?:bei euch|vor \w+|gestern|letzte\w?|schon|noch|am)|warte (?:\w+ )?(?:auf|seit)",
    r"wo (?:ist|bleibt|bleiben|steckt|sind|befindet)|(?:ist|sind) (?:\w+ )?(?:noch|immer|bisher|schon) ?(?:noch )?(?:nicht|nichts|kein\w*)?",
    r"(?:noch|immer noch|bis heute|bisher|immer) (?:nicht|nichts|kein\w*)",
    r"(?:he|hemos) (?:\w+ )?\w+(?:ado|ido|uelto|echo|ito|ierto)|pedi|compre|devolvi|pague|hice|encargue|recibi",
    r"(?:no|aun no|todavia no|sigue sin|sin)(?: (?:me|se|he|ha|lo|la))+ (?:\w+)|(?:sigo|llevo|estoy) (?:esperando|\w+ (?:dias|semanas) esperando)",
    r"donde (?:esta|estan|anda|queda)|(?:ha|han) (?:llegado|salido|sido)|me (?:ha|han|habeis|falta|deben|debeis)",
)
_REQUEST = _any(
    r"(?:i|we) (?:want|need|wanna|would like|d like|d love|wish|must|have) (?:to|an?|my|you|it|this|that|the|some|help)",
    r"(?:can|could|would|will) (?:you|u|somebody|someone)(?: please| maybe| also| kindly)? (?:\w+)",
    r"please|pls|plz",
    r"(?:i am|i m|we are|we re) (?:looking|interested|trying|hoping|planning|going)",
    r"(?:can|could|may) (?:i|we)(?: please| still| also)? (?:book|get|have|make|schedule|arrange|change|update|speak)",
    r"let me|help me|i d rather|need (?:a|an|to|my|the|it|some)|want (?:a|an|to|my|the|it)|looking (?:for|to)",
    r"(?:ich|wir) (?:mo(?:e)?chten?|will|wollen|wollte|wue?rden?|brauche|brauchen|mue?ssen?|muss|beno(?:e)?tigen?|habe interesse|interessiere|bitte|suche|suchen|plane|planen)",
    r"bitte|(?:kannst|ko(?:e)?nnt|ko(?:e)?nntest|ko(?:e)?nnten|wue?rdest|wue?rden|ko(?:e)?nnen) (?:du|ihr|sie|wir)(?: \w+)?",
    r"hilf mir|(?:mo(?:e)?chte|will|brauche?|wue?rde|muss) (?:ich|gern\w?|mein\w*|ein\w*|etwas|die|das|den|zurue?ck)",
    r"(?:quiero|queremos|quisiera|quisieramos|quer[ri]a|querria|necesito|necesitamos|me gustaria|nos gustaria|desearia|deseo|busco|buscamos|tengo que|hay que|vengo a|estoy interesad[oa]|estamos interesad[oa]s)",
    r"(?:puedes|podrias|podeis|pueden|puede|podria|podriais|me puedes|me podeis|ayudame|ayuda|por favor|porfa|dime|decidme|digame)",
)
_IMPERATIVE = re.compile(
    r"(?:hi |hello |hey |hallo |hola |guten tag |buenas )?(?:track|check|find|look up|cancel|change|update|return|send back|book|schedule|arrange|start|begin|initiate|refund|give|reschedule|deliver|ship|correct|switch|show|"
    r"stornier\w*|ae?nder\w*|buch\w*|verfolg\w*|pruef\w*|pruf\w*|such\w*|schick\w*|reservier\w*|zeig\w*|"
    r"cambia\w*|devuelv\w*|reserva\w*|cancela\w*|busca\w*|comprueba|mira|rastrea\w*|devolver|cambiar|reservar|pedir cita|solicitar|zurue?ckgeben|zurue?ckschicken|umtauschen|termin)(?!\w)"
)
_POSSESSED_GENERALLY = _any(
    r"if (?:my|i|the|an?|our)|what (?:happens|if)|wenn (?:mein\w*|ich|die|das|der)|falls|was (?:passiert|ist) wenn|que pasa si|si (?:mi|me|el|la|no)|in case|once i|after i|sobald|suppose|angenommen|should i|do i (?:have|need) to"
)


def stance(heard: Heard) -> Stance:
    """What kind of saying it is; a general form counts even where something of the customer's own is named in it."""
    text = " ".join(heard.clauses)
    hypothetical = _POSSESSED_GENERALLY.search(text) is not None
    general, own, request = _GENERAL.search(text), _OWN.search(text), _REQUEST.search(text)
    if request and not hypothetical and not (general and general.start() < request.start()):
        return "request"
    if general and (hypothetical or not own):
        return "general"
    if own and not hypothetical:
        return "own"
    if _IMPERATIVE.match(text) and not general:
        return "request"
    return "general" if general else "open"
