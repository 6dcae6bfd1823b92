"""Insults and threats against people, in English, Spanish and German.

Swearing at a thing, a delay or a fault is a complaint, not abuse; what counts is that it is aimed at somebody.
"""

import re
from collections.abc import Sequence

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety.detector import without_overlaps
from frontdesk.text.surface import matching_surface, undo_leet

_G = r"(?:[^a-z0-9.!?\n]|[.!?](?!\s)){1,3}"
"""Between two words of a phrase; the end of a sentence is not within one."""
_INSULT_EN = (
    r"(?:idiots?|morons?|imbeciles?|retard(?:s|ed)?|bastards?|assholes?|arseholes?|bitch(?:es)?|cunts?|dickheads?|wankers?|pricks?"
    r"|twats?|scumbags?|motherfuckers?|dumbass(?:es)?|shithead|piece of shit|scum|whore|slut|loser|pathetic|worthless|stupid"
    r"|dumb|braindead|incompetent fools?|fools?|pigs?|trash|parasites?|fuckers?|cretins?)"
)
_INSULT_ES = (
    r"(?:idiotas?|imbecil(?:es)?|estupid[oa]s?|gilipollas|cabron(?:es|a)?|hij[oa]s? de put[ao]|put[ao]s?|subnormal(?:es)?|tont[oa]s?"
    r"|pendej[oa]s?|mierdas?|inutil(?:es)?|capull[oa]s?|payas[oa]s?|zorra|maricon(?:es)?|retrasad[oa]s?|basura|hdp)"
)
_INSULT_DE = (
    r"(?:idiot(?:en)?|arschloch|arschlocher|wichser|hurensohn|fotze|schlampe|vollidiot(?:en)?|depp(?:en)?|trottel|dreckskerl|schwein"
    r"|missgeburt|penner|spast(?:i|en)?|scheisskerl|dumm(?:e|er|es|kopf)?|blod(?:e|er|mann)?|unfahige?r? (?:idiot|penner)|abschaum|miststuck)"
)
_RULES: tuple[tuple[str, float, re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (name, weight, re.compile(rf"(?<![a-z0-9])(?:{pattern.replace(' ', _G)})(?![a-z0-9])"), stems)
    for name, weight, pattern, stems in (
        ("insult", 0.9, rf"(?:you|u|ya|your(?: \w+)?|you re|you are|ur|y all|you lot|you people|you guys)(?: (?:are|re|all|a|an|such|just|really|so|fucking|bloody|damn|absolute|complete|total|utter|little|useless|fat|ugly|bunch|of|the|most|bot|machine|people|lot|staff|is|team)){{0,5}} {_INSULT_EN}", ("you", "u ", "ur", "ya")),
        ("insult", 0.9, r"(?:fuck|screw|damn|curse|sod) (?:you|u|off|yourself|yourselves|ya|your (?:mother|mom|family))|(?:fuck|piss|bugger|sod) off|go to hell|go fuck|eat shit|suck my|kiss my ass|shut (?:the fuck )?up|stfu|gtfo|drop dead", ("fuck", "screw", "damn", "piss", "hell", "shit", "suck", "kiss", "shut", "stfu", "gtfo", "dead", "sod", "bugger", "curse")),
        ("threat", 0.95, r"(?:i|we)(?: will| ll| am going to| m going to| are going to| shall| gonna| am gonna| m gonna| want to| would love to)(?: \w+){0,2} (?:kill|murder|shoot|stab|strangle|beat|hurt|burn|rape|bomb|punch|smash|destroy|hunt|slit|break)(?: \w+)? (?:you|your (?:family|kids|children|face|house|home|office|staff|store|shop|throat|neck|legs|bones|head)|everyone|them all|him|her|somebody|someone|all of you)", ("kill", "murder", "shoot", "stab", "strangl", "beat", "hurt", "burn", "rape", "bomb", "punch", "smash", "destroy", "hunt", "slit", "break")),
        ("threat", 0.95, r"(?:kill yourself|kys|hope (?:that )?you (?:die|burn|get cancer|all die|choke|rot)|(?:i|we) know where you (?:live|work|sleep)|you (?:will|ll|are going to|re going to|deserve to|should) (?:die|bleed|burn|pay with your|be killed|be shot|regret being born)|(?:bomb|burn down|shoot up|blow up) your (?:office|store|shop|building|house|warehouse))", ("kill", "kys", "die", "burn", "rot", "know where", "bleed", "bomb", "shoot", "shot", "blow", "cancer", "choke", "regret")),
        ("insult", 0.9, rf"(?:eres|sois|son|es usted|pareces|vaya|menud[oa]s?|pedazo de|maldit[oa]s?|puto|panda de|sarta de)(?: (?:un|una|unos|unas|todos|muy|tan|mas|el|la|los|las|bot|atajo de|panda de|hatajo de|autentico|completo|puto|puta|de)){{0,4}} {_INSULT_ES}", ("eres", "sois", "son ", "usted", "pareces", "vaya", "menud", "pedazo", "maldit", "puto", "panda", "sarta")),
        ("insult", 0.9, r"(?:vete|iros|andate|idos|vayanse) a (?:la mierda|tomar por culo|la chingada|cagar)|que te (?:jodan|follen|den)|que os (?:jodan|follen|den)|jodete|chinga tu madre|callate la boca|me cago en (?:tu|tus|vuestra)|hij[oa]s? de (?:la gran )?puta", ("mierda", "culo", "chinga", "cagar", "jod", "folle", "os den", "te den", "callate", "cago", "puta")),
        ("threat", 0.95, r"(?:te|os|los|la|lo) (?:voy|vamos) a (?:matar|reventar|quemar|rajar|partir la cara|pegar|disparar|destrozar|apunalar)|(?:voy|vamos) a (?:mataros|matarte|quemar (?:la|vuestra) (?:tienda|oficina)|poner una bomba|reventarte|partirte la cara)|ojala (?:te mueras|os murais|te pudras)|se donde (?:vives|trabajas|vivis)|muerete|matate", ("matar", "mata", "reventar", "quemar", "rajar", "cara", "pegar", "dispar", "destroz", "apunal", "bomba", "muer", "mura", "pudras", "donde")),
        ("insult", 0.9, rf"(?:du|ihr|sie|ihr seid|du bist|sie sind|so ein|was fur)(?: (?:bist|seid|sind|ein|eine|doch|alle|alles|so|echt|verdammter|verdammte|dumme|dummer|blode|bloder|scheiss|totaler|kompletter|nur|wirklich|haufen|elender|elende|fetter|unfahiger|absolute|absoluter|ganz|einfach)){{0,4}} {_INSULT_DE}", ("du ", "ihr ", "sie ", "so ein", "was fur")),
        ("insult", 0.9, r"(?:fick|fickt|verpiss|verpisst) (?:dich|euch|deine mutter)|leck mich(?: am arsch)?|halt(?:et)? (?:die|deine|dein) (?:fresse|schnauze|maul|klappe)|fahr zur holle|hurensohne?|arschloch(?:er)?|geh sterben|du kannst mich mal", ("fick", "verpiss", "leck", "fresse", "schnauze", "maul", "klappe", "holle", "hurens", "arschl", "sterben", "mich mal")),
        ("threat", 0.95, r"(?:ich|wir) (?:bringe?n?|mache?n?|schlage?n?|stech(?:e|en)|zund(?:e|en)|knall(?:e|en)|erschiess(?:e|en)|verprugel(?:e|n)|werde(?:n)?) (?:dich|euch|sie|ihnen|deine|eure)(?: \w+){0,4} (?:um|kalt|fertig|ab|an|tot|umbringen|toten|finden und \w+|zusammenschlagen|verprugeln|erschiessen|abstechen|anzunden)|(?:ich|wir) (?:weiss|wissen) wo (?:du|ihr) (?:wohnst|wohnt|arbeitest|arbeitet)|bring dich um|(?:ich hoffe )?(?:du|ihr) (?:sollst|sollt|stirbst|verreckst|verreckt)(?: (?:sterben|verrecken|krepieren))?", ("bring", "mach", "schlag", "stech", "zund", "knall", "erschiess", "verprug", "werde", "weiss wo", "wissen wo", "sollst", "sollt", "stirbst", "verreck")),
        ("slur", 0.95, r"nigg(?:er|a)s?|faggots?|kikes?|spics?|chinks?|trann(?:y|ies)|wetbacks?|gooks?|sand nigg\w{1,4}|kanake[nr]?|neger|schwuchteln?|sudacas?|maricones|bolleras?", ("nigg", "fagg", "kike", "spic", "chink", "trann", "wetb", "gook", "kanak", "neger", "schwucht", "sudaca", "maricon", "boller")),
    )
)  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_STEMS = (
    "absc apun arbe arsc arse assh aufm bast basu beat bitc blee blod blow boll bomb brai brea brin bugg burn "
    "cabr caga cago call canc capu cara chin chok cret culo cunt curs damn dead depp dest dick disp dond drec "
    "dumb dumm estu fagg fert fick foll fool fotz fres fuck gili gook gtfo hell hija hijo holl hunt hure hurt "
    "idio imbe inut joda jode jodi kalt kana kike kill kiss klap knal leck lose mach mari mata maul mier miss "
    "mist moro moth muer mura murd nege nigg para path paya pega pend penn piss pric pudr punc puta puto quem "
    "pigs raja rape regr reta retr reve sche schl schn schw scre scum shit shoo shot shut slit slut smas spas "
    "spic stab stec ster stfu stir stra stup subn suck suda tont tote tran tras trot twat umbr verp verr voll "
    "wank werd wetb wher whor wich wohn wort zorr zund die hdp kys mal pig rot sod"
)
"""The first four letters of a word that every rule needs one of; most texts have none."""
_GATE = frozenset(_STEMS.split())
_STUPID_QUESTION = re.compile(r"(?:your|you)[^a-z0-9]+(?:\w+[^a-z0-9]+){0,1}(?:stupid|dumb|pathetic|trash|worthless)\Z")
_AFTER_THING = re.compile(
    r"[^a-z0-9]{1,3}(?:website|site|app|page|form|system|policy|rule|rules|service|process|shipping|delivery|product|questions?|menu|phone|can|bags?|collection|bin|mistake|update|price|prices|tent|thing)s?\b"
)


class Abuse:
    """Insults, slurs and threats aimed at people."""

    name = "abuse"
    version = "1"

    def find(self, text: str) -> Sequence[Finding]:
        surface = matching_surface(text)
        found = []
        for reading in (surface.text, *undo_leet(surface.text)):
            for rule, score, start, end in _matches(reading):
                begins, ends = surface.span(start, end)
                found.append(Finding(kind=FindingKind.ABUSE, rule=rule, start=begins, end=ends, score=score))
        return without_overlaps(found)


def _matches(text: str) -> list[tuple[str, float, int, int]]:
    if _GATE.isdisjoint(word[:4] for word in _WORD.findall(text)):
        return []
    return [
        (rule, weight, match.start(), match.end())
        for rule, weight, pattern, stems in _RULES
        if any(stem in text for stem in stems)
        for match in pattern.finditer(text)
        if not _is_about_a_thing(text, match)
    ]


def _is_about_a_thing(text: str, match: re.Match[str]) -> bool:
    """'your stupid website' complains about a website."""
    return bool(_STUPID_QUESTION.search(match[0]) and _AFTER_THING.match(text, match.end()))
