"""Makes and checks what a release holds; no part of the wheel."""
