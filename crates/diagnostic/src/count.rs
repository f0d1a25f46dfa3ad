//! Numbers of things in sentences.

/// `(1, "row")` → `1 row`; `(1_200, "row")` → `1,200 rows`.
pub fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let digits = number.to_string();
    let mut words = String::with_capacity(digits.len() + digits.len() / 3 + noun.len() + 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words.push(' ');
    words.push_str(noun);
    if number != 1 {
        words.push('s');
    }
    words
}

/// The verb that fits a number of things: `is` for one, else `are`.
pub fn agree(number: impl TryInto<u64>, one: &'static str, many: &'static str) -> &'static str {
    if number.try_into().is_ok_and(|number| number == 1) { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural_and_thousands_are_grouped() {
        let told: Vec<String> = [0_u64, 1, 2, 1_234_567].into_iter().map(|number| count(number, "row")).collect();
        assert_eq!(told, ["0 rows", "1 row", "2 rows", "1,234,567 rows"]);
        assert_eq!([agree(1_usize, "is", "are"), agree(2_usize, "is", "are")], ["is", "are"]);
    }
}
