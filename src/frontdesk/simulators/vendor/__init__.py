"""A model vendor that runs here and breaks in documented ways: OpenAI's chat completions and Anthropic's Messages.

The model's name selects the behaviour (`MODELS`), or a schedule does. It answers from the passages in its request, knows
nothing else, and lies only when told to.

    asks          what a request asks for                     /v1/chat/completions, /v1/messages
    prose, lies   what is written, and falsehoods in it       /debug/falsehoods
    obedience     doing what the last instruction says
    structured    JSON by schema, and 200 ways of spoiling it
    case, faults  a healthy reply, and every way to break it  /v1/models
    schedule      which fault is in force when                /debug/schedule
    script        pieces, when they are due, and the end
    log, bill     what was seen, and what it costs            /debug/requests, /debug/bill
"""

from frontdesk.simulators.vendor.app import MODELS, create_vendor
from frontdesk.simulators.vendor.behaviour import FAST_ANSWER_TOKENS, VendorBehaviour
from frontdesk.simulators.vendor.case import TOKEN
from frontdesk.simulators.vendor.log import VendorRequest
from frontdesk.simulators.vendor.serving import run, vendor_config

__all__ = [
    "FAST_ANSWER_TOKENS",
    "MODELS",
    "TOKEN",
    "VendorBehaviour",
    "VendorRequest",
    "create_vendor",
    "run",
    "vendor_config",
]
