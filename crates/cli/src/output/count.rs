//! Numbers as people read them.

/// `1234567` → `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `(1, "row")` → `1 row`; `(2, "row")` → `2 rows`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// `98_304` → `96 KiB`.
pub(crate) fn bytes(size: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let place = (1..units.len()).rev().find(|place| size >> (10 * (place + 1)) > 0).unwrap_or(0);
    let unit = 1_u64 << (10 * (place + 1));
    format!("{} {}", count(size.div_ceil(unit)), units[place])
}

/// `640` → `0.64 s`; `75_000` → `1 min 15 s`.
pub(crate) fn seconds(duration_ms: u64) -> String {
    match duration_ms {
        0..10_000 => format!("{}.{:02} s", duration_ms / 1000, duration_ms % 1000 / 10),
        10_000..60_000 => format!("{}.{} s", duration_ms / 1000, duration_ms % 1000 / 100),
        _ => format!("{} min {} s", duration_ms / 60_000, duration_ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let shown: Vec<String> = [0, 12, 999, 1000, 1_234_567].into_iter().map(count).collect();
        assert_eq!(shown, ["0", "12", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn sizes_have_a_unit() {
        let shown: Vec<String> = [1, 98_304, 1 << 20, 3 << 30, 1 << 50].into_iter().map(bytes).collect();
        assert_eq!(shown, ["1 KiB", "96 KiB", "1 MiB", "3 GiB", "1,024 TiB"]);
    }

    #[test]
    fn durations_have_a_unit() {
        let shown: Vec<String> = [0, 642, 12_345, 75_000].into_iter().map(seconds).collect();
        assert_eq!(shown, ["0.00 s", "0.64 s", "12.3 s", "1 min 15 s"]);
    }
}
