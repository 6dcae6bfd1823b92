"""Rehearsals of bad days on one's own installation: real processes on this machine, and nothing of production touched.

stage     the scenery: a simulated vendor and servers as processes, a database of its own
material  a copy of the assistant with other models, and questions it can answer
visitor   somebody who asks one question, keeps every byte they hear, and comes back after every break
"""
