//! Breaking a target down the tree: pure arithmetic.

use crate::insight::Decimal;

/// Why a target cannot be broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BreakdownError {
    /// No organization has a population, or one is negative.
    #[error("the populations of the organizations are not known")]
    NoPopulation,
    /// Beyond all figures.
    #[error("the value is too large to be broken down")]
    TooLarge,
}

/// Divides `total` by population so that the parts sum up exactly: everyone gets the whole units of the share, what is
/// left goes to the largest remainders, at equal remainders to the larger population.
///
/// # Errors
/// Without any population there is nothing to divide by.
pub fn by_population(total: Decimal, populations: &[i64]) -> Result<Vec<Decimal>, BreakdownError> {
    let whole: i128 = populations
        .iter()
        .map(|population| i128::from(*population))
        .sum();
    if whole <= 0 || populations.iter().any(|population| *population < 0) {
        return Err(BreakdownError::NoPopulation);
    }
    let (units, places) = total.parts();
    let exact: Vec<i128> = populations
        .iter()
        .map(|population| i128::from(units) * i128::from(*population))
        .collect();
    let mut shares: Vec<i128> = exact.iter().map(|share| share.div_euclid(whole)).collect();
    let left = i128::from(units) - shares.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|at| (-exact[*at].rem_euclid(whole), -populations[*at], *at));
    for at in order
        .into_iter()
        .take(usize::try_from(left).map_err(|_| BreakdownError::TooLarge)?)
    {
        shares[at] += 1;
    }
    let share = |share: i128| {
        i64::try_from(share)
            .map(|units| Decimal::scaled(units, places))
            .map_err(|_| BreakdownError::TooLarge)
    };
    shares.into_iter().map(share).collect()
}

/// The sum of shares; `None` beyond all figures.
pub fn sum(shares: &[Decimal]) -> Option<Decimal> {
    shares
        .iter()
        .try_fold(Decimal::whole(0), |sum, share| sum.plus(*share))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares() {
        let check = |total: &str, populations: &[i64], expected: &str| {
            let shown = match by_population(total.parse().unwrap(), populations) {
                Ok(shares) => shares
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{total} {populations:?}");
        };
        check("1200", &[412, 287, 301], "495 344 361");
        check("10", &[1, 1, 1], "4 3 3");
        check("2.5", &[1, 1], "1.3 1.2");
        check("7", &[0, 5], "0 7");
        check("0", &[3, 4], "0 0");
        check(
            "7",
            &[0, 0],
            "the populations of the organizations are not known",
        );
        check(
            "7",
            &[],
            "the populations of the organizations are not known",
        );
        check(
            "7",
            &[-1, 5],
            "the populations of the organizations are not known",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_up_exactly_and_stay_within_one_unit(total in 0i64..1_000_000, populations in proptest::collection::vec(0i64..5_000_000, 1..60)) {
            prop_assume!(populations.iter().sum::<i64>() > 0);
            let shares = by_population(Decimal::whole(total), &populations).unwrap();
            prop_assert_eq!(sum(&shares).unwrap(), Decimal::whole(total));
            let whole: i64 = populations.iter().sum();
            for (share, population) in shares.iter().zip(&populations) {
                let exact = total as f64 * *population as f64 / whole as f64;
                prop_assert!((share.parts().0 as f64 - exact).abs() < 1.0 + 1e-6);
            }
        }
    }
}
