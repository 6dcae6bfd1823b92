"""Whether a message is about the customer's own case or asks how things are in general.

"Where is my refund?" wants one payment looked up; "how long do refunds take?" wants a rule, which the knowledge tells.
English, German and Spanish together, on folded text: small letters, no accents, ü as u or ue.
"""

import re
from typing import Literal

from frontdesk.turn.acting.heard import Heard

Stance = Literal["request", "own", "mixed", "general", "open"]
"""
request   asks for something to be done
own       is about something that the customer has, ordered or waits for
mixed     asks for a rule, and names something of their own: "can I still change my address?"
general   asks for a rule
open      says none of these
"""

NAME_WORDS = 5
"""Words up to which a saying can be a mere name; a guess."""


def _any(*alternatives: str) -> "re.Pattern[str]":
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


def _first(*alternatives: str) -> "re.Pattern[str]":
    return re.compile(rf"(?:{_OPENING} )*(?:{'|'.join(alternatives)})(?!\w)")


_OPENING = (
    r"(?:hi|hello|hey|hallo|hola|moin|guten (?:tag|morgen|abend)|buen[oa]s(?: \w+)?|and|und|y|so|also|ok|okay|well|then|dann|but|aber"
    r"|pero|please|bitte|por favor|quick question|kurze frage|una pregunta|just|eigentlich|sorry|perdon|entschuldigung|thanks|danke)"
)
_RULE = _any(
    r"how (?:long|much|many|often|fast|quickly)(?: does| do| is| are| will| would)?",
    r"how (?:do|can|does|would|should|could|are|is) (?!my|mine)\w+",
    r"how to",
    r"what(?: is| s| are)? (?:the|your|a|an) (?:\w+ ){0,2}(?:polic\w+|rules?|costs?|prices?|fees?|deadlines?|conditions?|terms"
    r"|process|difference|procedure|period|window|steps|minimum|maximum)",
    r"what (?:does|do|happens|if|kind|sort|types?|counts)",
    r"(?:\w+ )?(?:policy|opening hours|oeffnungszeiten|offnungszeiten|horario\w*|politica)",
    r"wie (?:lange|viel|viele|oft|schnell|hoch|teuer|weit|funktioniert|laeuft|lauft|geht)",
    r"was (?:kostet|kosten|passiert|geschieht|bedeutet|gilt|ist der unterschied)",
    r"bis wann|unter welchen|(?:rue?ckgabe|liefer|umtausch)(?:bedingungen|frist|richtlinien)",
    r"cuant[oa]s? (?:tarda\w*|cuesta\w*|tiempo|dias|suele|cobrais|vale)",
    r"que (?:pasa|ocurre|sucede|cuesta|plazo|condiciones)|en que (?:casos|plazo)|hasta cuando",
    r"como (?:se|funciona\w*|puedo|hago|devuelvo|cambio|pido|solicito|reservo)",
    r"cual(?:es)? (?:es|son) (?:el|la|los|las|vuestr\w+|su|sus)",
)
"""Asks for a rule wherever it stands."""
_QUESTION = _first(
    r"(?:do|does|did) (?!you (?:know|have any) (?:where|what|news))\w+",
    r"(?:is|are|was) (?!my|mine|our|there any news)\w+",
    r"who|which|whose",
    r"(?:can|may|could|must|should) (?!you|u|someone|somebody)\w+",
    r"am i|will i|when (?:do|does|is|are) \w+|what|what s|where do|why do",
    r"(?:kann|darf|muss|soll|sollte|brauch|brauche|braucht) (?:man|ich|es|jeder|jemand|ein\w*|der|die|das)",
    r"(?:ist|sind|wird|werden|gibt|gilt|gelten|kostet|kosten|faellt|fallt|fallen|zahlt|reicht) (?!mein|unser)\w+",
    r"was|welche\w*|welches|wer|wie|worin|wann (?:muss|darf|kann|endet|gilt|werden|wird|verfae?llt)|auf welch\w+",
    r"(?:bietet|habt|nehmt|liefert|repariert|akzeptiert|verschickt|macht|erstattet|berechnet|bieten|haben|nehmen|liefern|reparieren"
    r"|akzeptieren|verschicken|machen|erstatten|berechnen) (?:ihr|sie)(?! (?:mein\w*|die bestellung|schon|bereits))",
    r"(?:se puede|se pueden|puedo|puede|pueden|podria|es posible|hay que|tengo que|debo|hace falta|esta permitido"
    r"|hay|existe|existen|cuando (?:hay|se|caduca|debo|expira|termina))",
    r"que|cual(?:es)?|quien(?:es)?|como|cuant[oa]s?|diferencia",
    r"(?:ofreceis|ofrecen|teneis|tienen|aceptais|aceptan|enviais|envian|reparais|reparan|haceis|hacen|cobrais|cobran|me cobran|me cobrais"
    r"|devolveis|devuelven|reembolsais|usais|utilizais)",
)
"""Asks for a rule where a clause begins with it."""
_STATED = _first(
    r"(?:(?:las|los|el|la) \w+ (?:\w+ )?)?(?:es|son|esta|estan|cuesta\w*) ", r"(?:las|los|el|la) \w+ (?:\w+ )?se "
)
"""Asks for a rule with a question mark, and states something without one."""
_IMAGINED = _any(
    r"if (?:my|i|the|an?|our|it|we|something)|what if|suppose|in case|once i",
    r"wenn (?:mein\w*|ich|die|das|der|ein\w*|man|es)|falls|angenommen|sobald",
    r"(?:que pasa|que ocurre|que sucede) (?:si|cuando)|si (?:mi|me|el|la|no|devuelvo|pido|compro|cambio|quiero|un|una|se)|en caso de",
)
_ANYBODYS = (
    r"(?:card|account|bank|friend|partner|wife|husband|kids?|size|country|karte|kreditkarte|konto|freund\w*|frau|mann|gro(?:e)?sse"
    r"|tarjeta|cuenta|amig[oa]|mujer|marido|talla|pais)(?!\w)"
)
"""What people call theirs in questions about a rule."""
_POSSESSED = _any(
    rf"(?:my|our|mein\w{{0,2}}|unser\w{{0,2}}|mi|mis|nuestr[oa]s?)(?! (?:\w+ )?{_ANYBODYS})|mine|ours|mia|mio",
    r"[a-z]{1,4}-?\d{4,}|\d{5,}",
)
_LIVED = _any(
    r"(?:i|we)(?: (?:have|ve|had|just|already|never|only|recently|still|also))* (?:ordered|bought|purchased|returned|sent|paid|received"
    r"|placed|got|booked|cancelled|canceled|been|waited|shipped|mailed|moved|typed|am waiting|m waiting|m still)",
    r"(?:i|we)(?: still)? (?:haven t|have not|didn t|did not|never|don t have (?:it|my|the))",
    r"(?:you|they) (?:approved|promised|confirmed|said|told|accepted|cancelled|refunded|shipped)",
    r"(?:still|been) waiting|(?:hasn t|has not|haven t|have not|didn t|did not|never|still not|not yet|still nothing|nothing) (?:\w+ )?"
    r"(?:arrived|come|been|shown|turned|received|reached|refunded|shipped|delivered|got|there)",
    r"supposed to (?:arrive|come|be)|any (?:news|update)s?|where(?: is| s| are|s)(?! your)",
    r"ich (?:habe?|hab|warte|bekam|bestellte|kaufte|bin umgezogen|hatte)|warte\w* (?:\w+ ){0,2}(?:auf|seit)",
    r"ihr habt|sie haben (?:mir|mein\w*|uns)|habt ihr (?:die bestellung|mein\w*|schon)",
    r"wo (?:ist|bleibt|bleiben|steckt|sind)(?! eue?r| ihr)|(?:noch|immer noch|bis heute|bisher|immer|aber|bislang) (?:nicht|nichts|kein\w*)",
    r"(?:ist|sind) (?:\w+ ){0,2}(?:nicht da|nicht angekommen|unterwegs)|sollte (?:\w+ )?(?:kommen|da sein|ankommen)",
    r"(?:he|hemos) (?:\w+ )?\w+(?:ado|ido|uelto|echo|ito|ierto)|pedi|compre|devolvi|pague|envie|mande|encargue|recibi|me equivoque",
    r"(?:no|aun no|todavia no|sigue sin|ya|sin)(?: (?:me|se|he|ha|lo|la|habeis|hemos|tengo))+ \w+",
    r"(?:sigo|llevo|estoy|llevamos|seguimos) (?:\w+ )*esperando|ya van|aprobasteis|habeis|me (?:ha|han|falta|deben|debeis)",
    r"donde (?:esta|estan|anda|queda)(?! vuestr| la tienda)|(?:ha|han) (?:llegado|salido)|tenia que (?:llegar|venir)|no aparece|no ha llegado",
)
_WANTED = _any(
    r"(?<!do )(?<!should )(?<!would )(?<!when )(?<!if )(?:i|we|id|i d|we d)(?: (?:really|also|just|urgently))? (?:want|need|wanna|would like|like|d like|d love|wish)",
    r"(?:can|could|would|will) (?:you|u|somebody|someone)(?: please| maybe| also| kindly)? \w+",
    r"(?:i am|i m|we are|we re) (?:looking|interested|trying|hoping|planning)|looking for|interested in",
    r"(?:can|could|may) (?:i|we)(?: please| still| also)? (?:book|get a|get an|make an|make a|schedule|arrange|come in)",
    r"please|pls|plz|let me|help me|(?:to|be) (?:fix|fixed)|(?:it|they|this|that|order|parcel) should (?:be|go)",
    r"(?:ich|wir|gruppe|firma)(?: \w+)? (?:mo(?:e)?chten?|will|wollen|wollte|wue?rden?|brauche|brauchen|beno(?:e)?tigen?|suche|suchen|muss"
    r"|mue?ssen|ha(?:e)?tten? gern|interessiere)",
    r"(?:mo(?:e)?chte|will|wue?rde|wollen|mo(?:e)?chten|wue?rden) (?:ich|wir)(?: \w+)?|ha(?:e)?tte(?: \w+){0,3} gern\w?",
    r"(?:kannst|ko(?:e)?nnt|ko(?:e)?nntest|ko(?:e)?nntet|ko(?:e)?nnten|wue?rdest|wue?rdet|wue?rden|ko(?:e)?nnen) (?:du|ihr|sie|wir)",
    r"bitte|hilf mir|und (?:mo(?:e)?chten?|wollen|brauche\w?)|interessiert sich fue?r|soll (?:\w+ ){0,3}(?:geliefert|umgeleitet|gehen|kommen)",
    r"quiero|queremos|quiere|quisiera|quisieramos|querria|necesito|necesitamos|me gustaria|nos gustaria|desearia|deseo|busco|buscamos",
    r"(?:estoy|estamos|esta) interesad[oa]s?|tengo que (?:devolver|cambiar|enviar|arreglar|reparar)",
    r"(?:puedes|podrias|podeis|podriais|(?:me|nos|lo) pueden) \w+|ayudame|ayudadme|por favor|porfa|mandadme|enviadme",
    r"(?:puedo|podria|podemos) (?:ir|pasar|venir|reservar|pedir cita)",
)
_ORDERED = _first(
    r"track|check|find|look up|cancel|change|update|return|send back|book|schedule|arrange|start|begin|initiate|refund|reschedule|make"
    r"|deliver|ship|correct|switch|show me|redirect|fix",
    r"(?:aender|ander|aendere|andere|buche|verfolge|pruefe|prufe|schick\w*|reserviere|zeig\w*|leite\w*|liefer\w*)",
    r"(?:cambia\w*|devuelv\w*|reserva\w*|cancela\w*|comprueb\w*|mira\w*|rastre\w*|devolver|pedir|solicitar|inici\w*|envia\w*|desvia\w*"
    r"|entrega\w*|mandad\w*|cambiad\w*|actualiza\w*)",
)
_INFINITIVE = re.compile(
    r"(?:\S+ ){1,3}(?:anmelden|starten|ae?ndern|buchen|vereinbaren|reservieren|verfolgen|beantragen|anfragen|stornieren|zurue?ckgeben"
    r"|zurue?ckschicken|zurue?cksenden|retournieren|umleiten|anlegen|veranlassen|melden|machen|korrigieren)"
)


def stance(heard: Heard) -> Stance:
    """What kind of saying it is."""
    text = " ".join(heard.clauses)
    is_own = _POSSESSED.search(text) is not None or _LIVED.search(text) is not None
    if _IMAGINED.search(text):
        return "general"
    if _RULE.search(text):
        return "mixed" if is_own else "general"
    if _is_wanted(heard, text):
        return "request"
    if _asks(heard) or (heard.asks and any(_STATED.match(f"{clause} ") for clause in heard.clauses)):
        return "mixed" if is_own else "general"
    return "own" if is_own else "open"


def is_question(heard: Heard) -> bool:
    """Whether it wants to be told something, by its mark or its words."""
    return heard.asks or _RULE.search(" ".join(heard.clauses)) is not None or _asks(heard)


def _asks(heard: Heard) -> bool:
    return any(_QUESTION.match(clause) for clause in heard.clauses)


def _is_wanted(heard: Heard, text: str) -> bool:
    if any(_ORDERED.match(clause) or _INFINITIVE.fullmatch(clause) for clause in heard.clauses):
        return True
    return _WANTED.search(text) is not None


def merely_names(heard: Heard) -> bool:
    """Whether it is no more than a name for something, as in "my home address": nothing is asked for or told of it."""
    text = " ".join(heard.clauses)
    is_name = len(heard.words) <= NAME_WORDS and not heard.asks and _LIVED.search(text) is None
    return is_name and stance(heard) in ("own", "open")
