"""What happens to a request between Flask's route and the rules: parse, choose, judge, render, record, hand over."""
