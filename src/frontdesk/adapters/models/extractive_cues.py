"""What kind of thing a question asks for, and whether a sentence holds one; English, Spanish and German."""

import re
from collections.abc import Mapping
from typing import Literal

Cue = Literal["duration", "money", "time", "count", "place", "steps", "percent", "permission"]

_QUESTIONS: tuple[tuple[Cue, "re.Pattern[str]"], ...] = (
    (
        "duration",
        re.compile(
            r"\bhow (?:long|soon|fast|quick(?:ly)?|many (?:days|weeks|months|years|hours))\b"
            r"|\b(?:cuánto|cuanto) (?:tiempo|tarda\w*|dura\w*|se tarda)\b"
            r"|\b(?:cuántos|cuantos) (?:días|dias|meses|años)\b"
            r"|\bhow (?:much|many) (?:more |less )?(?:time|days|weeks|months)\b|\bqué plazo\b|\bwie (?:lange|schnell)\b|\bwie viele (?:tage|wochen|monate|jahre|stunden)\b|\bfrist\b",
            re.IGNORECASE,
        ),
    ),
    (
        "money",
        re.compile(
            r"\bhow much\b|\b(?:price|cost|costs|fee|fees|charge[sd]?|expensive|pay)\b"
            r"|\b(?:cuánto|cuanto) (?:cuesta\w*|vale\w*|es|pag\w*|cobr\w*|sale)\b"
            r"|\b(?:precio|coste|costo|gastos|tarifa)s?\b"
            r"|\bwie ?viel\b|\b(?:kostet|kosten|preis\w*|gebühr\w*|teuer|zahle\w*|versandkosten)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "time",
        re.compile(
            r"\bwhen\b|\b(?:by|at|until) what time\b|\bwhat (?:time|day|date|hours)\b"
            r"|\b(?:until|till|deadline|last day|open(?:ing)? (?:hours|times?))\b"
            r"|\b(?:cuándo|cuando|hasta cuándo|a qué hora|horarios?)\b"
            r"|\b(?:wann|bis wann|uhrzeit|öffnungszeiten|um wie ?viel uhr)\b",
            re.IGNORECASE,
        ),
    ),
    ("count", re.compile(r"\bhow many\b|\b(?:cuántos|cuántas|cuantos|cuantas)\b|\bwie viele\b", re.IGNORECASE)),
    (
        "place",
        re.compile(
            r"\bwhere\b|\b(?:dónde|donde|adónde)\b|\b(?:wo|wohin)\b|\b(?:address|dirección|adresse)\b", re.IGNORECASE
        ),
    ),
    (
        "percent",
        re.compile(
            r"\bhow (?:much|many percent) (?:off|discount|cheaper|less)\b|\b(?:what|which|how (?:big|high) is (?:the|your)) "
            r"(?:\w+ )?discount\b|\b(?:qué|cuánto|cuanto) (?:\w+ )?descuento\b|\b(?:wie ?viel|welchen?|wie hoch ist der) "
            r"(?:\w+ )?(?:rabatt|prozent|nachlass)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "permission",
        re.compile(
            r"(?:^|[,.;:?!] ?|\band |\bbut )(?:(?:so|and|but) )?(?:can|could|may|am i allowed|are we allowed|is it (?:still )?(?:possible|ok|okay|allowed))\b"
            r"|(?:^|[¿,.;] ?)(?:aún |todavía )?(?:puedo|podemos|se puede|es posible)\b"
            r"|(?:^|[,.;] ?)(?:kann|können|darf|dürfen|ist es (?:noch )?möglich)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "steps",
        re.compile(
            r"\bhow (?:do|can|should|would) (?:i|we|you)\b|\bhow to\b|\bcómo\b|\bcomo (?:puedo|hago|se)\b"
            r"|\bwie (?:kann|muss|soll|geht|funktioniert|mache|bekomme|lös\w*|meld\w*)\b",
            re.IGNORECASE,
        ),
    ),
)
_PERCENT = re.compile(r"\d\s?%|\b(?:percent|per cent|por ciento|prozent)\b", re.IGNORECASE)
_PERMISSION = re.compile(
    r"\b(?:can|cannot|can't|may|must not|allowed|possible|covered|free of charge|only)\b"
    r"|\b(?:puede[ns]?|podemos|permitid[oa]s?|cubiert[oa]s?|solo|sólo)\b"
    r"|\b(?:kannst|können|könnt|darf(?:st)?|dürfen|möglich|erlaubt|nur)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[€$£]\s?\d|\d\s?(?:[€$£]|(?:EUR|USD|GBP|CHF|NOK|SEK|DKK|PLN|CZK|euros?|pounds?|francs?|dollars?|Franken|libras)\b)"
    r"|\b(?:free|no charge|gratis|gratuit[oa]s?|kostenlos|kostenfrei|sin coste)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|ten|un|una|dos|tres|cuatro|ein\w*|zwei|drei|vier)\b[\w\s-]{0,14}?"
    r"\b(?:minutes?|hours?|days?|weeks?|months?|years?|minutos?|horas?|d[ií]as?|semanas?|meses|mes|años?"
    r"|minuten|stunden?|tage?n?|werktage?n?|arbeitstage?n?|wochen?|monate?n?|jahre?n?)\b"
    r"|\b(?:lifetime|at once|immediately|same day|lebenslang|sofort|de por vida)\b|\bworking days \d",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b\d{1,2}:\d{2}\b|\b\d{1,2}\s?(?:am|pm|uhr)\b|\b20\d\d\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:lunes|martes|miércoles|jueves|viernes|sábados?|domingos?)\b"
    r"|\b(?:montags?|dienstags?|mittwochs?|donnerstags?|freitags?|samstags?|sonntags?)\b"
    r"|\b(?:january|february|march|april|june|july|august|september|october|november|december"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|septiembre|octubre|noviembre|diciembre"
    r"|januar|februar|märz|mai|juni|juli|oktober|dezember)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:stores?|shops?|street|address|pick-up|tienda|calle|dirección|punto|filiale|straße|adresse|laden)\b"
    r"|\b\w+\.(?:example|com|org|net|de|es)\b|\b(?:my account|mi cuenta|mein konto)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


_ANSWERS: Mapping[Cue, tuple["re.Pattern[str]", ...]] = {
    "duration": (_DURATION,),
    "money": (_MONEY,),
    "time": (_TIME, _DURATION),
    "count": (_DIGIT,),
    "percent": (_PERCENT,),
    "permission": (_PERMISSION,),
    "place": (_PLACE,),
}


def cues(question: str) -> frozenset[Cue]:
    """What the question asks for; empty where its words do not tell."""
    return frozenset(cue for cue, pattern in _QUESTIONS if pattern.search(question))


def meets(cue: Cue, sentence: str, *, is_step: bool) -> bool:
    """Whether the sentence holds what is asked for."""
    if cue == "steps":
        return is_step
    return any(pattern.search(sentence) for pattern in _ANSWERS[cue])
