"""Whether a polite, introducing or asking sentence leaves anything to be checked, and what that is.

Talk is told here by what is in the sentence and not by how it opens: "I'm happy to confirm that gift cards can be
returned" opens as talk and states something all the same.
"""

import re
from functools import cache

from frontdesk.text.tokens import content_stems
from frontdesk.turn.grounding.talk import is_talk

_TALK_WORDS = {
    "en": """
        able absolutely address afraid afternoon agent ai anything apologies apologise apologize apology appreciate article articles ask
        asking assist assistance assistant assure answer answering back below bear bot bye call certainly chat check choose choosing
        clarify colleague colleagues confirm confusion connect contact contacting conversation course customer data day dear
        delay details documents do email else enjoy evening explain feel find follow following found friend get give glad
        good goodbye great happy hear hello help helpful helping helps hesitate hi hope human inconvenience information
        kind know let like look looking lovely luck mean mention message minute moment morning much name need nice
        number order patience pass person please pleased pleasure point question questions reach reaching reply say
        second see share something sorry sounds specific specify steps sure support take talk team tell
        thank thanks thing things think touch trouble truly try understand unfortunately wait waiting want way
        weekend welcome well wish wonderful worries worry write writing
    """,
    "es": """
        algo amable ayuda ayudar ayudarle ayudarte ayude agente apoyo artículo artículos asistente atención avíseme avísame
        bienvenido bienvenida buen buena buenas bueno buenos claro colega comprobar comprendo conectar confirmar contactar
        contactarnos contacto contestar correo cosa cualquier dato datos decir decirme desea desee deseas día días disculpa
        disculpas disculpe duda dudas dude dudes encantado encantada encontrado encontré encontrar entiendo equipo escribir
        escribirnos espera espero esperamos favor feliz gracias guste gusto haber hola humano información indicar
        indicarme inconveniente lamento lamentamos lamentablemente mensaje molestia molestias momento necesita
        necesitas necesite necesites noche noches nombre número paciencia pase pasar pedido perdón perdone persona placer poder pueda
        ponerle ponerte ponga póngase pregunta preguntar preguntas puedo quiere quieres responder resumen saber
        seguido seguro sentimos siento siguiente siguientes solicitud tarde tardes tenga útil ver
    """,
    "de": """
        abend allgemein anfrage angaben anliegen antwort antworten artikel assistent assistentin augenblick auskunft bedaure
        behilflich bescheid beste bestellnummer bestellung bitte bot chat dank danke daten details dürfen einen
        entschuldigen entschuldigung erfahren finden folgende folgenden folgendes folgt frage fragen freue freuen freundlich
        frohen gefunden geduld geht gern gerne geschehen gut gute guten hallo helfen helfe helfende herzlich herzlichen hilft
        hilfe hoffe hoffen information informationen interesse jederzeit kollegen kontakt kontaktieren kurz lassen leid
        leider mail melden melde mensch mitarbeiter moment morgen möchte möchten möchtest nachricht nachsehen name nummer
        nennen person prüfen sagen schauen schönen schön schreiben natürlich klar selbstverständlich sprechen support tag team teilen tun tut
        unannehmlichkeiten unterstützen verbinden verbinde verstehe verstehen warten weiter weitere weiteren
        weiterhelfen weiß willkommen wissen wünsche wünschen zögern zurück
    """,
}
"""Content words that a courtesy may use without stating anything of the business."""

# Sentences that name what they speak of and assert nothing about it. They hold no second clause: see `_is_one_clause`.
_NAMING = {
    "en": r"""
        (?:hi|hello|hey|dear|welcome(?: to)?|good (?:morning|afternoon|evening))(?: [\w&'-]+){1,4}[.!,]*$
        (?:thanks|thank you)(?: so much| very much)? for (?:contacting|asking|reaching|choosing|visiting|writing|your (?:question|message|interest|order|request))\b
        (?:(?:i'?m|we'?re) )?(?:so |very |truly |really )?sorry (?:about|for|to hear about) (?:the|your|that|this)(?: [\w'-]+){1,4}[.!]*$
        i'?m (?:an?|the|your) (?:[\w&'-]+ ){0,5}(?:assistant|bot|ai)[.!]*$
    """,
    "es": r"""
        (?:hola|bienvenid[oa]s?(?: a)?|buenos días|buenas tardes|buenas noches)(?: [\w&'-]+){1,4}[.!,]*$
        (?:muchas )?gracias por (?:contactar|preguntar|escribir|elegir|su (?:mensaje|pregunta|interés|pedido)|tu (?:mensaje|pregunta|interés|pedido))\b
    """,
    "de": r"""
        (?:hallo|willkommen(?: bei)?|guten (?:tag|morgen|abend))(?: [\w&'-]+){1,4}[.!,]*$
        (?:vielen |herzlichen )?danke? für (?:ihre?n?|deine?n?|die|das) (?:anfrage|nachricht|frage|interesse|bestellung|geduld)\b
    """,
}
# Admissions of not knowing: what they are about is named, or asked with a whether, and not stated.
_ADMITS = {
    "en": r"""
        (?:(?:i|we) (?:do not|don't|could not|couldn't|cannot|can't|did not|didn't)(?: currently| really)? (?:have|find|see)(?: \w+){0,2} (?:information|details|data|answer|anything|article|that|this|it)\b)
        (?:i|we) have no (?:information|data|details|answer)\b
        (?:i|we) (?:do not|don't|cannot|can't|could not|couldn't)(?: currently| really)? (?:know|tell|answer|confirm|say|help)\b
        (?:the|our|my|these|this) (?:\w+ )?(?:passages?|documents?|articles?|sources?|context|knowledge base) (?:do|does)(?:n't| not) (?:say|mention|tell|state|cover|contain|explain|answer|include)\b
        i(?:'?m| am) not (?:sure|able|certain)\b
    """,
    "es": r"""
        (?:lamentablemente,? )?no (?:(?:lo )?sé|puedo (?:decir|confirmar|ayudar|responder)\w*)\b
        (?:lamentablemente )?no (?:tengo|encuentro|encontré|dispongo de|he encontrado)(?: \w+){0,2} (?:información|datos|detalles|respuesta|nada|artículo)\b
    """,
    "de": r"""
        (?:leider )?(?:das |es )?(?:weiß ich|ich weiß|wissen wir|wir wissen)(?: es| das| leider)? nicht\b
        (?:leider )?(?:ich |wir )?(?:habe|haben|finde|finden|kann|können)(?: ich| wir)?(?: dazu| hierzu| leider| ihnen)* (?:keine?|nichts?)(?: \w+){0,2} (?:informationen?|angaben|antwort|auskunft|artikel|dazu|darüber|sagen|beantworten)\b
    """,
}
_ADMITS_STATING = re.compile(
    r"\b(?:that|why|any (?:rule|problem|limit|reason)\w*|dass|warum|que|por qué)\b (?=\w+ \w+)", re.IGNORECASE
)
# Questions that ask something of the customer.
_ASKING = {
    "en": r"""
        (?:and |or |so )?(?:(?:to|for|in|on|from|at|with|about) )?(?:which|who|whose|where|when|how (?:many|much|long|old|did|do you|would you|can (?:i|we) help)|what(?! (?:if|about|would you say)))\b
        (?:do|did|have|are|were|could|can) you\b|(?:is|are|was|were|has|have|does|did) (?:it|this|that|your|the)\b
        (?:may|can|could) (?:i|we) (?:ask|have|know|see)\b
    """,
    "es": r"""
        (?:y |o |entonces )?(?:(?:a|de|en|con|para|por|desde) )?(?:cuál(?:es)?|quién(?:es)?|dónde|cuándo|cuánt[oa]s?|cómo|qué(?! tal si| le parece))\b
        (?:tiene|tienes|ha|has|es|está|están|son|fue|compró|compraste|se refiere|te refieres|podría|podrías|puede|puedes|me (?:puede|podría))\b
    """,
    "de": r"""
        (?:und |oder |also )?(?:(?:um|in|aus|von|bei|mit|für|auf|an|nach|zu) )?(?:welche[rsnm]?|wer|wem|wen|wo|woher|wohin|worum|wann|wie(?! wäre)|was(?! wäre))\b
        (?:haben|hast|sind|bist|können|könnten|kannst|meinen|meinst) (?:sie|du)\b|(?:ist|sind|war|waren|hat) (?:es|das|die|der|ihre?|deine?)\b
    """,
}
_ASKING_STATES = {
    "en": re.compile(
        r"\bthat\b(?= [\w'-]+ [\w'-]+)|\b(?:because|since|given|as|so|now that|if)\b(?! you)|\bwhich\b.*\bwhich\b"
        r"|\b(?:know|aware|hear|heard|realise|realize|believe|agree|notice|noticed)\b(?! (?:if|whether|when|which|what|where|who|your|about|it|this))",
        re.IGNORECASE,
    ),
    "es": re.compile(r"\b(?:que|porque|ya que|puesto que|sabe|sabes|sabía|sabías)\b", re.IGNORECASE),
    "de": re.compile(r"\b(?:dass|weil|da|denn|gewusst|wussten|wusstest|wissen|weißt)\b", re.IGNORECASE),
}
_ALTERNATIVE = re.compile(r"(?:or|o|u|oder|if you|when you|si|wenn sie|falls sie|wenn du|falls du)\b", re.IGNORECASE)
_PART_END = re.compile(r"[,;:()–—]\s*|\s-\s+")
_FINITE = re.compile(
    r"\b(?:is|are|was|were|be|can|cannot|can't|could|will|won't|would|may|might|must|shall|should|has|have|had|and|but"
    r"|es|son|está|están|puede|pueden|podrá|podrán|hay|y|pero|ist|sind|war|kann|können|darf|dürfen|wird|werden|und|aber)\b",
    re.IGNORECASE,
)
_AFFIRMS = re.compile(
    r"\b(?:yes|indeed|sí|ja)\b|\b(?:confirm|assure|promise|guarantee|say|know|glad|hope)\b(?: you| to)*[ :,]+(?:that )?"
    r"(?:you|it|they|this|these|those|we|that) (?:can|could|are|is|may|will|do|does|have|has)\b",
    re.IGNORECASE,
)
"""A courtesy that answers: "I'm happy to confirm that you can"."""
_BUT = re.compile(r"\b(?:but|pero|aber)\b", re.IGNORECASE)
_ASIDE = re.compile(
    r"\bfeel free\b|(?<=\bquestions )about (?:your |the |an? )?TOPIC|(?<=\bmore )about (?:your |the |an? )?TOPIC"
    r"|(?<=\b(?:say|has) )about (?:your |the |an? )?TOPIC|(?<=\bfound )about (?:your |the |an? )?TOPIC"
    r"|(?<=\bhelp )(?:you )?with (?:your|the|an?) TOPIC|(?<=\bpreguntas )sobre (?:su |tu |las? |los |el )?TOPIC"
    r"|(?<=\bfragen )(?:zu|zur|zum|über) (?:ihre[rmn]? |deine[rmn]? |de[rnm] )?TOPIC".replace(
        "TOPIC", r"(?!free\b|full\b|cost)[\w'-]+(?: [\w'-]+)?(?=[,.!?:]|$)"
    ),
    re.IGNORECASE,
)
"""What a courtesy names in one or two words as its topic, and a phrase that costs nothing."""
_INVITES = re.compile(
    r"(?:if|should) you (?:have|need|want)\b|si (?:tiene|tienes|necesita|necesitas)\b"
    r"|(?:wenn|falls|sollten) (?:sie|du)\b",
    re.IGNORECASE,
)
_ASSENT = re.compile(
    r"(?:yes,? )?(?:absolutely|certainly|definitely|of course|por supuesto|claro que sí|natürlich|selbstverständlich)[.!]*",
    re.IGNORECASE,
)
"""By itself it answers what was asked."""
_LEAD = re.compile(r"[\s\"'“„«¿¡(*_\-–•]*")
_ASKS = re.compile(r"[?？][\"'”’“»)*_\s]*$")
_TAG = re.compile(
    r"[,–—-]\s*(?:right|correct|okay|ok|yes|no|huh|eh|you know|don't you|(?:is|are|do|does|can|was|were|will|would|have|has)(?:n't)? (?:it|they|you|that|there|we)"
    r"|can't (?:it|they|you|we)|won't (?:it|they|you)|verdad|cierto|no es así|no es verdad|sí|vale|nicht wahr|nicht|oder|richtig|stimmt's|gell|ja)"
    r"\s*[?？][\"'”’“»)*_\s]*$",
    re.IGNORECASE,
)
_PREFACE = re.compile(
    r"(?:(?:i'?m|i am|we'?re|we are) (?:happy|glad|pleased|here) to (?:confirm|say|tell you|report|inform you|let you know)(?: that\b|:)?"
    r"|(?:i|we) (?:can|would like to|do)? ?(?:confirm|assure you|tell you)(?: that\b|:)?"
    r"|let me (?:confirm|tell you|assure you|clarify|explain)(?: that\b|:|,)?"
    r"|(?:please )?feel free to\b"
    r"|(?:did|do) you (?:know|realise|realize)(?: that\b)?|are you aware(?: that\b)?|have you heard(?: that\b)?"
    r"|(?:i|we) (?:do )?hope (?:you (?:enjoy|know|like) )?that\b|please (?:note|know)(?: that\b|:)"
    r"|(?:isn't|is) it (?:great|good|nice|wonderful)(?: to know)? that\b|why (?:not|don't you)\b|how about\b"
    r"|i don't know why,? but\b|would you like to\b|do you want to\b"
    r"|(?:me )?(?:complace|alegra|encanta)(?: mucho)? (?:confirmar|decir|informar)(?:le|te|les)? que\b"
    r"|(?:le|te) confirm(?:o|amos) que\b|(?:puedo|permítame|déjeme) confirmar(?:le|te)?(?: que\b|:)?"
    r"|(?:sab(?:e|es|ía|ías)|sabía usted) que\b|no dud(?:e|es) en\b|esper(?:o|amos) que (?:le guste que )?"
    r"|(?:ich|wir) (?:kann|können|darf|dürfen)? ?(?:ihnen |dir )?(?:gerne? )?bestätigen?,? dass\b"
    r"|(?:gerne? )?bestätige ich(?: ihnen| dir)?(?:, dass\b|:)|(?:ich freue mich,? ihnen zu bestätigen),? dass\b"
    r"|(?:wussten sie|wusstest du|wissen sie|weißt du)(?: schon)?,? dass\b|(?:ich|wir) hoffen?,? dass\b|lassen sie mich (?:kurz )?bestätigen:)\s*",
    re.IGNORECASE,
)
_WAIT = re.compile(r"(?:just )?(?:one|a|un|einen) (?:moment|momento|second)\b", re.IGNORECASE)
"""Stays in the claim: who asks for a moment and then states something at once has not looked."""
_FEWEST_WORDS = 3
"""Words from which what follows a preface can be a claim of its own (a guess)."""


def _patterns(lists: dict[str, str]) -> dict[str, "re.Pattern[str]"]:
    return {
        language: re.compile("|".join(line.strip() for line in lines.strip().splitlines()), re.IGNORECASE)
        for language, lines in lists.items()
    }


_NAMED, _ADMITTING, _QUESTION = _patterns(_NAMING), _patterns(_ADMITS), _patterns(_ASKING)


def states_nothing(sentence: str, language: str) -> bool:
    """Whether nothing is left of a sentence to be checked once its courtesies are set aside."""
    language = language if language in _TALK_WORDS else "en"
    said = sentence[_lead(sentence) :].replace("’", "'").rstrip()
    if _ASKS.search(said):
        if not is_talk(sentence, language):
            return False
        return _TAG.search(said) is None and (_only_asks(said, language) or _is_bare(said, language))
    if _ASSENT.fullmatch(said):
        return False
    return any(_is_courtesy(said[since:], language) for since in _courtesies(said, language)) or (
        (is_talk(sentence, language) or _INVITES.match(said) is not None) and _is_bare(said, language)
    )


def claimed_part(text: str, start: int, end: int, language: str) -> tuple[int, int]:
    """`text[start:end]` without the preface and the tag that dress a statement up."""
    language = language if language in _TALK_WORDS else "en"
    first = start + _lead(text[start:end])
    said = text[first:end].replace("’", "'")
    courtesies = 0 if _WAIT.match(said) else _courtesies(said, language)[-1]
    preface = _PREFACE.match(said, courtesies)
    tag = _TAG.search(said) or _ASKS.search(said)
    since = preface.end() if preface else courtesies
    until = tag.start() if tag else len(said)
    if len(said[since:until].split()) < _FEWEST_WORDS:
        return start, end
    return (first + since if since else start), (first + until if tag else end)


def _is_courtesy(said: str, language: str) -> bool:
    """Whether it names something or admits not knowing it, and asserts nothing."""
    if _ADMITTING[language].match(said):
        return _is_one_clause(said) and _ADMITS_STATING.search(said) is None
    return _NAMED[language].match(said) is not None and _is_one_clause(said) and _FINITE.search(said) is None


def _courtesies(said: str, language: str) -> list[int]:
    """Where the sentence may begin: at its start, and after each comma that has nothing but courtesies before it."""
    found = [0]
    for match in _PART_END.finditer(said):
        part = said[found[-1] : match.start()]
        if not (_is_bare(part, language) and is_talk(f"{part}.", language)) or match.end() == len(said):
            break
        found.append(match.end())
    return found


def _only_asks(said: str, language: str) -> bool:
    """Whether a question asks something of the customer and states nothing beside it."""
    if _ASKING_STATES[language].search(said):
        return False
    parts = [part for part in _PART_END.split(_ASKS.sub("", said)) if part.strip()]
    asking = [part for part in parts if _QUESTION[language].match(part)]
    others = [part for part in parts if part not in asking and not _ALTERNATIVE.match(part)]
    return len(asking) == 1 and all(_is_bare(part, language) for part in others)


def _is_bare(said: str, language: str) -> bool:
    """Whether all its content words are those of courtesies."""
    if _AFFIRMS.search(said):
        return False
    return _talk_stems(language).issuperset(content_stems(_ASIDE.sub(" ", said), language))


def _is_one_clause(said: str) -> bool:
    return _PART_END.search(said.rstrip(".!, ")) is None and _BUT.search(said) is None


def _lead(sentence: str) -> int:
    found = _LEAD.match(sentence)
    return found.end() if found else 0


@cache
def _talk_stems(language: str) -> frozenset[str]:
    return frozenset(content_stems(_TALK_WORDS[language], language))
