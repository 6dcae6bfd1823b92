"""The retrieve stage: a question becomes passages and the chance that they answer it.

    step        takes > gives                                  if it cannot
    rewrite     question, history > SearchQuery                the question as it is
    embed       SearchQuery > vectors                          lexical leg only, marked `lexical_only`
    lexical     SearchQuery, audiences > Ranking               the stage fails; the pipeline decides
    dense       vectors, audiences > Ranking                   runs only where it has a weight for the language
    fuse        two Rankings > Ranking > Passages, confidence  nothing found: no passages, confidence 0

A question that leans on earlier turns is searched with their words at half weight. A long one, a customer's whole
story, is searched sentence by sentence. Both legs get the audiences: what is not permitted is never scored.
"""

from frontdesk.turn.retrieval.fusion import fuse_scores
from frontdesk.turn.retrieval.retriever import Found, Retriever
from frontdesk.turn.retrieval.rewrite import leans_on_history, rewrite_heuristically

__all__ = ["Found", "Retriever", "fuse_scores", "leans_on_history", "rewrite_heuristically"]
