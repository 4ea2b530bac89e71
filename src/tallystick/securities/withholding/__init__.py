"""What is withheld of a payment: by kind of income, residence, tax form and date."""
