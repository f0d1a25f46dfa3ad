//! Telephone numbers without any punctuation, told by a whole column: one such number could be anything.

/// National numbers with their trunk zero, as they are written without spaces: how long they are, and how they begin.
const PLANS: &[(usize, &[&str])] = &[
    // Australia, Belgium, Finland, France, Ireland, Israel, the Netherlands, South Africa, Sweden, Switzerland, Taiwan, Thailand, Ukraine,
    // Vietnam: ten digits.
    (10, &["01", "02", "03", "04", "05", "06", "07", "08", "09"]),
    // Egypt, Germany, Japan, Korea, Nigeria, Pakistan, the Philippines, Turkey, the United Kingdom: eleven.
    (11, &["01", "02", "03", "05", "07", "08", "09"]),
];
/// So much of a column has one length, and begins alike: people of one country with telephones of one kind.
const ALIKE: f64 = 0.9;
/// Values that it takes to see that.
const LEAST: usize = 20;
/// Numbers that are counted up lie about equally far from each other, nearly all of them; of those that are given out four in ten do.
const REGULAR: usize = 6;

/// The share of texts that are such numbers; `None` where they are none.
pub(crate) fn are_phones<'a>(texts: impl Iterator<Item = &'a str>) -> Option<f64> {
    let (mut all, mut numbers) = (0_usize, Vec::new());
    for text in texts {
        all += 1;
        if text.len() <= 11 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
            numbers.push(text);
        }
    }
    if numbers.len() < LEAST {
        return None;
    }
    let best = PLANS.iter().flat_map(|(length, starts)| starts.iter().map(move |start| (*length, *start)));
    let fits = |length: usize, start: &str| {
        numbers.iter().filter(|number| number.len() == length && number.starts_with(start)).count()
    };
    let (length, start) = best.max_by_key(|(length, start)| fits(*length, start))?;
    let share = share(fits(length, start), all);
    numbers.retain(|number| number.len() == length && number.starts_with(start));
    (share >= ALIKE && are_given_out(&numbers, start.len())).then_some(share)
}

/// Whether numbers are neither counted up nor chosen from a few: their digits are spread.
fn are_given_out(numbers: &[&str], from: usize) -> bool {
    let mut values: Vec<u64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
    values.sort_unstable();
    values.dedup();
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return false };
    let usual = (last - first) / values.len() as u64;
    let regular = values.windows(2).filter(|pair| (usual / 2..=usual * 3 / 2).contains(&(pair[1] - pair[0]))).count();
    let spread = |place: usize| {
        let mut seen = [false; 10];
        for number in numbers {
            seen[usize::from(number.as_bytes()[place] - b'0')] = true;
        }
        seen.iter().filter(|seen| **seen).count()
    };
    // Which operators a country has is seen in the next digit; behind that anything is possible.
    values.len() * 10 >= numbers.len() * 9
        && regular * 10 <= values.len() * REGULAR
        && (from + 2..numbers[0].len()).all(|place| spread(place) >= 7)
}

#[expect(clippy::cast_precision_loss, reason = "counts of at most two thousand values")]
fn share(some: usize, all: usize) -> f64 {
    some as f64 / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::are_phones;

    fn scattered(row: u64) -> u64 {
        let mixed = row.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb) >> 20
    }

    #[test]
    fn numbers_of_one_plan_are_told_from_numbers_that_are_counted() {
        let column = |make: &dyn Fn(u64) -> String| {
            let made: Vec<String> = (1..200).map(make).collect();
            are_phones(made.iter().map(String::as_str)).is_some()
        };
        assert!(column(&|row| format!("07{:09}", scattered(row) % 1_000_000_000)));
        assert!(column(&|row| format!("06{:08}", scattered(row) % 100_000_000)));
        assert!(!column(&|row| format!("07{:09}", 123_000_000 + row * 37)), "counted up");
        assert!(!column(&|row| format!("0{:09}", scattered(row) % 1_000_000_000)), "any second digit");
        assert!(!column(&|row| format!("{row:011}")) && !column(&|row| format!("07{:09}", row % 3)));
        assert!(!column(&|row| format!("4{:09}", scattered(row) % 1_000_000_000)), "no trunk zero");
    }
}
