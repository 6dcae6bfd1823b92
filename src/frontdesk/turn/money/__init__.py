"""What turns may spend, and what they spent.

budget        a purse: money is set aside before a vendor is asked, on every ceiling at once
watch         tells people when a ceiling comes near, and when it is reached
booking       a turn's requests > entries of the ledger, with the turn's last commit
till          bookings that no turn carries, and what dead workers left
figures       the ledger > what was spent, by what, and where the month is going
reconciling   a vendor's bill > adjustments of the ledger
"""
