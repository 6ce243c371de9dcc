//! The vocabulary of Fuyou: typed ids, civil dates, gestational age, quantities, money, periods, identity numbers.
