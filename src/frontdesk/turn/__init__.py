"""Journey 1: a message becomes an answer.

| stage     | takes                                | gives                  | if it fails                                   |
|-----------|--------------------------------------|------------------------|-----------------------------------------------|
| intake    | `InboundMessage`                     | `OpenTurn`             | the message is refused, with the reason       |
| guard in  | `OpenTurn`, earlier messages         | `Verdict`              | suspicious: public knowledge only             |
| identity  | `TurnContext`, `Verdict`             | `Audiences`            | public                                        |
| route     | text, `TurnContext`                  | `Route`                | knowledge                                     |
| retrieve  | question, history, `Audiences`       | `RetrievalResult`      | lexical leg only; none: uncovered-topic policy|
| generate  | `ChatRequest`                        | a draft, as it comes   | next rung of the ladder                       |
| guard out | the draft's sentences                | `Verdict`, safe text   | the turn ends as failed, with a case          |
| ground    | a sentence, passages                 | `GroundingReport`      | the sentence is withheld                      |
| deliver   | confirmed sentences                  | events of the log      | another worker takes the turn                 |
| record    | `TurnRecord`                         | one commit             | the turn is not finished                      |

`pipeline` knows the order, `answering` takes a draft sentence by sentence, `running` decides who works on a turn and
when, and commits what the pipeline yields, `money` says what it may spend, `cache` gives a known answer again, and
`outbox` tells the outside. The *act* stage stands between retrieve and generate once there are workflows.
"""
