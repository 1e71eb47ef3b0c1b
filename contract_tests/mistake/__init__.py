"""Ways a client gets one thing wrong, a module for each part of a request; what answers them is for `breakages` to say.

Each changes a sound draft in one respect. What some of them need besides (a jti used before, a quota spent) is in
`circumstance`.
"""
