"""Words that concern a run as a whole: yes, no, cancel, why, "I don't have that", a person, frustration, and going on.

English, German and Spanish together, since a short answer tells its language badly. Everything is matched on folded
text: small letters, no accents, ü as u or ue.
"""

import re
from collections.abc import Callable, Sequence
from typing import Literal

from frontdesk.safety.abuse import Abuse
from frontdesk.turn.acting.heard import Heard

Kind = Literal["yes", "no", "cancel", "why", "has_not", "person", "frustrated", "resume"]


def _phrases(*alternatives: str) -> Callable[[str], bool]:
    pattern = re.compile(rf"(?:{'|'.join(alternatives)})")
    return lambda clause: pattern.fullmatch(clause) is not None


def _anywhere(*alternatives: str) -> Callable[[str], bool]:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")
    return lambda text: pattern.search(text) is not None


_YES_WORD = (
    r"(?:yes|yeah|yep|yup|ja|jep|jo|jawohl|si|sip|ok|okay|oki|sure|correct|right|exactly|confirmed|confirm|absolutely|definitely"
    r"|of course|go ahead|do it|do that|do so|please do|i do|i confirm|i agree|agreed|that s right|that is right|that s correct"
    r"|that is correct|that s fine|that is fine|sounds good|looks good|yes it is|yes that s it|yes i do|yes i am|yes i want that"
    r"|genau|richtig|korrekt|stimmt|das stimmt|klar|na klar|alles klar|einverstanden|in ordnung|passt|das passt|gern|gerne"
    r"|naturlich|natuerlich|selbstverstandlich|selbstverstaendlich|ich bestatige|ich bestaetige|bestatigt|bestaetigt|bestatige"
    r"|mach das|machen sie das|mach es|tu das|so ist es|das ist richtig|das ist korrekt|das ist so richtig|ist richtig|ist korrekt|so stimmt es|stimmt so|ja das will ich|ja mach das|ja genau"
    r"|claro|claro que si|es correcto|esta correcto|es asi|es eso|de acuerdo con eso|vale|de acuerdo|correcto|exacto|exactamente|confirmo|lo confirmo|confirmado|adelante|por supuesto|hazlo"
    r"|hagalo|esta bien|asi es|eso es|perfecto|perfect|perfekt|great|super)"
)
_FILLER = r"(?:please|pls|thanks|thank you|thx|many thanks|bitte|danke|vielen dank|danke schon|por favor|porfa|gracias|muchas gracias|doch|so)"
_NO_WORD = (
    r"(?:no|nope|nah|nein|ne|nee|noe|not|nicht|lieber nicht|bitte nicht|don t|dont|do not|don t do it|do not do it|don t do that"
    r"|please don t|better not|rather not|i d rather not|no i don t|not now|no quiero|mejor no|no lo hagas|no lo haga|auf keinen fall"
    r"|keinesfalls|on no account|no way|de ninguna manera|para nada|das ist falsch|falsch|that s wrong|that is wrong|wrong"
    r"|incorrecto|not correct|that s not right|that is not right|stimmt nicht|das stimmt nicht|no es correcto|negative|nada|mach das nicht|machen sie das nicht)"
)
_is_yes = _phrases(rf"(?:{_YES_WORD}|{_FILLER})(?: (?:{_YES_WORD}|{_FILLER}))*")
_has_yes = _anywhere(_YES_WORD)
_is_no = _phrases(rf"(?:{_NO_WORD}|{_FILLER}|ok)(?: (?:{_NO_WORD}|{_FILLER}))*")
_has_no = _anywhere(_NO_WORD)
_is_filler = _phrases(
    rf"{_FILLER}(?: {_FILLER})*",
    r"h+m+",
    r"u+h+",
    r"a+h+",
    r"oh",
    r"sorry",
    r"perdon",
    r"entschuldigung",
    r"well",
    r"ok",
    r"okay",
    r"actually",
)

_CANCELS = _phrases(
    r"(?:please |ok |okay |no |then |just |actually )*(?:cancel|abort|stop|quit|exit)(?: (?:it|this|that|everything|all of it|the process|the request|here|now|please))*",
    r"(?:please |ok |okay |no |then |just |actually )*(?:never ?mind|forget (?:it|that|about it|this)|leave it|drop it|skip it|scrap (?:it|that)|don t bother|let s stop|let s leave it)(?: (?:then|please|now))*",
    r"i (?:ve |have )?changed my mind",
    r"(?:i )?(?:don t|do not) (?:want|need) (?:to|this|that|it)(?: do (?:it|this|that))? ?(?:any ?more|after all)?",
    r"i m not interested(?: any ?more)?",
    r"(?:bitte |ok |okay |nein |dann |ach )*(?:abbrechen|abbruch|stopp?|brich (?:das |es )?ab|brechen sie (?:das |es )?ab)(?: bitte)?",
    r"(?:bitte |ok |okay |nein |dann |ach )*(?:vergiss (?:es|das)|vergessen sie (?:es|das)|lass (?:es|das|gut sein|mal|stecken)|lassen (?:wir|sie) (?:es|das)|schon gut|egal|ist egal|doch nicht|lieber doch nicht)(?: (?:bitte|mehr|sein|gut sein))*",
    r"(?:das )?hat sich (?:schon )?erledigt",
    r"(?:das )?(?:brauche|will|mochte|moechte) ich (?:doch )?nicht(?: mehr)?",
    r"ich (?:brauche|will|mochte|moechte) (?:das|es) (?:doch )?nicht(?: mehr)?",
    r"ich (?:habe?|hab) es mir anders ue?berlegt",
    r"(?:por favor |vale |no |pues |entonces )*(?:cancela(?:lo|la|r|do)?|cancele(?:lo)?|anula(?:lo|r)?|olvida(?:lo)?|olvide(?:lo)?|dejalo|dejelo|dejemoslo|para|parar|basta|detente)(?: (?:todo|esto|eso|ya|estar|por favor))*",
    r"(?:no )?(?:da igual|no importa)",
    r"he cambiado de (?:idea|opinion)",
    r"ya no (?:lo |la )?(?:quiero|necesito|hace falta|me interesa)",
)
_KEEPS = _anywhere(
    r"(?:don t|dont|do not|never|not) (?:cancel|stop|abort|quit)",
    r"nicht (?:abbrechen|stornieren|aufhoe?ren)",
    r"(?:brich|brechen sie|storniere|stornieren sie)(?: \w+){0,3} nicht(?: ab)?",
    r"no (?:canceles|cancele|pares|pare|anules|anule|lo canceles|lo anules)",
)
_WHY = _phrases(
    r"(?:but |and )?why(?: (?:is that|is this|not|though|so))?",
    r"(?:but |and )?why .*\b(?:need|ask|asking|want|require|necessary|tell you|give you)\b.*",
    r"(?:what|wha) (?:do you need|is|s) (?:it|that|this)(?: \w+)? for",
    r"what for",
    r"(?:aber |und )?(?:warum|wieso|weshalb|wozu|wofue?r)(?: (?:denn|das|das denn|ist das no?e?tig|eigentlich))*",
    r"(?:aber |und )?(?:warum|wieso|weshalb|wozu|wofue?r)\b.*\b(?:brauch\w*|beno?e?tig\w*|frag\w*|wollen|willst|wissen|no?e?tig|angeben)\b.*",
    r"(?:pero |y )?(?:por que|para que)(?: (?:eso|esto|es necesario|hace falta))?",
    r"(?:pero |y )?(?:por que|para que) .*\b(?:necesit\w*|pregunt\w*|pid\w*|quier\w*|hace falta|sirve)\b.*",
)
_HAS_NOT = _phrases(
    r"(?:but |sorry |well )*(?:i )?(?:really |just |actually )?(?:don t|dont|do not|can t|cant|cannot|can not|no longer|haven t|didn t)(?: (?:really|actually|even|currently))? (?:have|know|remember|find|got|get|recall|keep)(?: (?:it|that|this|one|any|the \w+(?: \w+)?|my \w+(?: \w+)?|an? \w+(?: \w+)?))?(?: (?:any ?more|right now|at hand|with me|on me|here|now|to hand|by heart|handy|yet))*",
    r"(?:i )?(?:have |ve )?(?:lost|deleted|forgotten|forgot|misplaced|thrown away|threw away)(?: (?:it|that|this|the \w+(?: \w+)?|my \w+(?: \w+)?))?",
    r"(?:i )?(?:have )?no (?:idea|clue)(?: \w+){0,4}",
    r"(?:i have |i ve got |i got )?(?:no|none|no such) (?:number|order number|code|id|e-?mail|receipt)(?: (?:here|at hand|any ?more))?",
    r"(?:i m )?not sure(?: (?:what|where|which) .*)?",
    r"where (?:do|can|would|will|could) i (?:find|get|see|look)(?: (?:it|that|this|the \w+(?: \w+)?|my \w+(?: \w+)?|for it))?",
    r"where (?:is|s) (?:it|that) (?:written|shown|printed)",
    r"(?:sorry |aber )*(?:die |das |den |sie |es |ihn )?(?:\w+ )?(?:habe?|weiss|finde|kenne|erinnere)(?: \w+)? ich (?:(?:gerade|grad|leider|jetzt|im moment|aktuell|hier|da|mich|auch|ehrlich gesagt) )*nicht(?: (?:mehr|da|hier|zur hand|parat|dabei|auswendig|griffbereit))*",
    r"(?:sorry |aber )*ich (?:habe?|weiss|finde|kenne)(?: (?:es|das|die|den|sie|ihn|sowas|so was|die \w+|das \w+|den \w+|meine? \w+|meinen \w+|leider|gerade|grad|jetzt|auch))* ?nicht(?: (?:mehr|da|hier|zur hand|parat|dabei|auswendig))*",
    r"(?:sorry |aber )*ich (?:habe?|finde|kenne)(?: (?:leider|gerade|grad|da|hier|auch))* keine?n?(?: \w+)?(?: (?:mehr|da|hier|zur hand|parat|dabei))*",
    r"(?:da )?(?:habe?|finde) ich (?:leider |gerade )?keine?n?(?: \w+)?(?: (?:mehr|da|hier))?",
    r"(?:habe?|weiss|finde) (?:ich )?(?:leider |gerade )?nicht",
    r"(?:ich habe )?keine ahnung|weiss nicht|weiss ich nicht|keine nummer",
    r"(?:ich )?habe? (?:es|sie|das|die \w+|meine \w+) (?:verloren|vergessen|gelo?e?scht|weggeworfen|verlegt)",
    r"wo (?:finde|sehe|steht|kriege|bekomme)(?: ich)?(?: (?:die|das|den|sie|es|denn|diese|meine?|\w+nummer))*",
    r"(?:pero |perdon )*(?:ahora |ya )?no (?:lo |la |me )?(?:tengo|se|recuerdo|acuerdo|encuentro|conozco|se cual es)(?: (?:correo\w*|e-?mail|numero|codigo|ticket|recibo|a mano|aqui|ahora|ningun\w*|el \w+(?: de \w+)?|la \w+(?: de \w+)?|mi \w+(?: de \w+)?|ese \w+|cual es|de memoria))*",
    r"ni idea",
    r"(?:lo |la )?he (?:perdido|olvidado|borrado)(?: (?:el|la|mi) \w+(?: de \w+)?)?",
    r"(?:pero )?(?:y )?donde (?:lo |la |puedo )?(?:encuentro|encontrarlo|encontrarla|veo|esta|sale|consigo)(?: (?:eso|esto|el \w+(?: de \w+)?|la \w+(?: de \w+)?))?",
)
_PERSON = _anywhere(
    r"(?:talk|speak|chat)(?:ing)? (?:to|with) (?:an? |the |some |your |one of your )?(?:real |actual |live |human )?(?:human|person|people|someone|somebody|agent|manager|representative|rep|employee|operator|advisor|staff|colleague)s?",
    r"(?:real|actual|live) (?:human|person|agent|people)",
    r"(?:get|give|connect|transfer|put)(?: me)?(?: \w+){0,3} (?:human|person|agent|representative|manager|operator|colleague)",
    r"(?:i )?(?:want|need|d like|would like) (?:an? |the )?(?:real |human )?(?:human|person|agent|representative|manager|operator)",
    r"(?:mit|zu) (?:einem|einer|jemand(?:em|en)?|nem|ner|eurem|ihrem|euren)(?: \w+)? ?(?:menschen|mitarbeiter(?:in)?|person|kollegen|berater(?:in)?|chef|echten menschen)?(?: \w+){0,2} (?:sprechen|reden|telefonieren|verbinden|verbunden)",
    r"(?:einen?|ein|echten?) (?:echten? )?(?:menschen|mitarbeiter(?:in)?|kundenberater(?:in)?)",
    r"hablar con (?:una? |el |la |algun )?(?:persona|humano|agente|alguien|operador|encargado|responsable|empleado)\w*",
    r"(?:pasame|paseme|ponme|pongame|comunicame|quiero|necesito)(?: \w+){0,2} (?:persona|humano|agente|operador|encargado)",
    r"persona (?:real|de verdad)",
)
_IS_PERSON = _phrases(
    r"(?:an? |the |einen? |una? )?(?:human|agent|person|operator|representative|mensch|menschen|mitarbeiter|mitarbeiterin|humano|agente|persona|operador)(?: please| bitte| por favor)?"
)
_FRUSTRATED = _anywhere(
    r"(?:this|that|it|you)(?: (?:is|are|re|s))?(?: \w+)? (?:ridiculous|useless|pathetic|unacceptable|a joke|infuriating|frustrating|annoying|a nightmare|insane|rubbish|bullshit|crap)",
    r"(?:wtf|ffs|omfg|for (?:god|heaven|goodness|fuck) ?s sake|what the (?:hell|fuck|heck)|are you (?:kidding|serious|deaf|blind)|fed up|sick of (?:this|it|you)|had enough)",
    r"(?:i )?(?:already|just) (?:told|gave|said|wrote|sent|answered|typed)(?: (?:you|it|that|this))*",
    r"(?:how many times|how often do i have to|again and again|for the (?:third|fourth|fifth|hundredth|last) time|can t you read|do you even (?:read|listen))",
    r"(?:das |es )?(?:nervt|reicht(?: mir)?(?: (?:jetzt|langsam))?|ist doch nicht zu fassen|ist lae?cherlich|ist eine frechheit|ist unmo?e?glich|ist zum verzweifeln|darf doch nicht wahr sein|kotzt mich an|ist eine zumutung)",
    r"(?:das )?habe? ich (?:dir |euch |ihnen )?(?:doch )?(?:schon|bereits|gerade)(?: \w+)? (?:gesagt|geschrieben|angegeben|beantwortet|geschickt)",
    r"(?:zum (?:dritten|vierten|hundertsten|letzten) mal|wie oft (?:denn )?noch|unfassbar|verdammt|verarsch\w+|so ein mist|scheisse)",
    r"(?:esto|eso|es|sois|eres)(?: es)? (?:ridiculo|inutil|inaceptable|increible|una verguenza|una broma|indignante|un desastre|frustrante)",
    r"(?:ya (?:te |os |se )?(?:lo |la )?(?:he |di|dije|escribi)(?:dicho|dado|escrito|mandado)?|cuantas veces|por (?:tercera|cuarta|ultima|enesima) vez|estoy hart[oa]|me tienes hart[oa]|que (?:asco|verguenza)|joder|no (?:me )?(?:sirves?|entiendes) (?:para )?nada)",
)
_RESUMES = _phrases(
    r"(?:ok |okay |so |now |and |yes |please |thanks |then )*(?:let s |can we |shall we )?(?:continue|go on|carry on|resume|proceed|keep going|go back|get back)(?: (?:now|then|please|with (?:that|it|this|the \w+(?: \w+)?|my \w+(?: \w+)?)|to (?:that|it|the \w+(?: \w+)?|my \w+(?: \w+)?)))*",
    r"(?:ok |so |now )*(?:back to (?:that|it|the \w+(?: \w+)?|my \w+(?: \w+)?)|where were we)",
    r"(?:ok |okay |also |gut |und |jetzt |bitte |danke |ja )*(?:weiter|weitermachen|mach weiter|machen (?:wir|sie) weiter|lass uns weitermachen|fortfahren|fahren (?:wir|sie) fort|weiter gehts|weiter geht s)(?: (?:mit \w+(?: \w+)?|bitte|jetzt|im text))*",
    r"(?:ok |also |gut |jetzt )*(?:zurue?ck zu[rm]?(?: \w+){1,2}|wo waren wir(?: stehen ?geblieben)?)",
    r"(?:ok |vale |bueno |ahora |si |y )*(?:sigamos|seguimos|sigue|continua|continuemos|continuamos|continuar|volvamos|vamos a seguir|prosigue)(?: (?:con (?:eso|esto|lo \w+|el \w+|la \w+|mi \w+)|a (?:eso|lo \w+|la \w+)|por favor|ahora))*",
    r"por donde ibamos|donde estabamos",
)
_CORRECTS = _anywhere(
    r"(?:wait|sorry|actually|i mean|i meant|correction|instead|i was wrong|my mistake)",
    r"(?:moment|eigentlich|ich meine|ich meinte|korrektur|stattdessen|doch nicht|ich habe mich geirrt|vertippt)",
    r"(?:espera|perdon|en realidad|quiero decir|queria decir|quise decir|me equivoque|me he equivocado|mejor dicho)",
)
_abuse = Abuse()


def is_plain_yes(heard: Heard) -> bool:
    """Whether it says yes and nothing else: no condition, no question, no second thought."""
    clauses = heard.clauses
    if not clauses or "?" in heard.text or "¿" in heard.text or "yeah right" in heard.folded:
        return False
    return all(_is_yes(clause) for clause in clauses) and any(_has_yes(clause) for clause in clauses)


def is_plain_no(heard: Heard) -> bool:
    """Whether it says no and nothing else."""
    clauses = heard.clauses
    if not clauses or heard.asks:
        return False
    return all(_is_no(clause) for clause in clauses) and any(_has_no(clause) for clause in clauses)


def begins_with_no(heard: Heard) -> bool:
    """Whether a no comes first, whatever follows it."""
    return bool(heard.clauses) and re.match(r"(?:no|nope|nah|nein|nee?|not)(?!\w)", heard.clauses[0]) is not None


def corrects(heard: Heard) -> bool:
    """Whether it takes back what was said before."""
    return begins_with_no(heard) or _CORRECTS(" ".join(heard.clauses[:2]))


def keeps_going(heard: Heard) -> bool:
    """Whether it says not to cancel."""
    return _KEEPS(" ".join(heard.clauses))


def wants_cancel(heard: Heard) -> bool:
    """Whether it calls off what is going on, in a clause of its own."""
    return not keeps_going(heard) and not heard.asks and any(_CANCELS(clause) for clause in _meaning(heard.clauses))


def asks_why(heard: Heard) -> bool:
    """Whether it asks what our question is for."""
    return any(_WHY(clause) for clause in _meaning(heard.clauses))


def has_not(heard: Heard) -> bool:
    """Whether it says that what was asked for is not at hand, or asks where it stands."""
    return any(_HAS_NOT(clause) for clause in _meaning(heard.clauses))


def wants_person(heard: Heard) -> bool:
    """Whether it asks for somebody to talk to."""
    return _PERSON(" ".join(heard.clauses)) or any(_IS_PERSON(clause) for clause in heard.clauses)


def is_frustrated(heard: Heard) -> bool:
    """Whether it complains about how this conversation goes, or insults us."""
    return _FRUSTRATED(" ".join(heard.clauses)) or bool(_abuse.find(heard.text))


def wants_resume(heard: Heard) -> bool:
    """Whether it goes back to what was going on."""
    meaning = _meaning(heard.clauses)
    return bool(meaning) and all(_RESUMES(clause) for clause in meaning)


def _meaning(clauses: Sequence[str]) -> list[str]:
    """The clauses that are more than politeness and thinking aloud."""
    return [clause for clause in clauses if not _is_filler(clause)]
