"""Why a request was refused: small finders over one read-only case, asked after the answer has left."""
