"""What an answer may claim.

| step           | takes                       | gives                                             | module           |
| -------------- | --------------------------- | ------------------------------------------------- | ---------------- |
| claims         | a text                      | its sentences, and which state something          | claims, talk     |
| evidence       | passages                    | their sentences taken apart, once a turn          | evidence         |
| comparison     | a claim and the evidence    | the sentences that bear on it, and measurements   | features         |
| contradictions | the same                    | reasons that alone withhold it                    | contradictions   |
| risk           | measurements                | chance that it is not supported, trained          | risk             |
| citations      | the bearing sentences       | exact quotes                                      | citations        |

If a step fails, nothing of the text is claimed: the error goes to the pipeline, which withholds it.
Words decide; sentence vectors are asked only where they leave a claim undecided and there is an embedder.
"""

from frontdesk.turn.grounding.check import Grounder
from frontdesk.turn.grounding.doubts import is_doubtful

__all__ = ["Grounder", "is_doubtful"]
