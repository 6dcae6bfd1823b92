"""A shop's service policy as workflows, held against tasks that say which actions should come of a conversation.

records     what the shop knows, and what may be done to it
wording     which items and replacements a customer's words mean
lookups     which address or product they mean
quotes      what a return or an exchange would come to, before anybody agrees to it
operations  the shop as the workflows call it
data        the published records and tasks, read from a folder
sign_in     who somebody is
phrases     how the scripted customer names things
customer    what the scripted customer says, derived from a task by rule
talk        a conversation with the assistant, in one process
judging     whether a conversation reached what its task expects
beginnings  what is made of a task that is told at once
"""
