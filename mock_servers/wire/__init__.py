"""Types that every service uses: requests, answers, origins, identifiers, and values in words."""
