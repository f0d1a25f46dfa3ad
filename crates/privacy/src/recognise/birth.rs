//! Days of birth: no day tells by itself, many do together.

/// Fewest years between the early and the late tenth of days of birth. What a company does lies closer together.
const SPREAD_YEARS: i32 = 20;

/// Whether days (any form that [`year`] reads; those that it does not read are left out) lie as days of birth do: nearly all
/// between 1900 and 2025, and decades apart. Gives the share of the texts that are days in these years.
pub(crate) fn are_birth_dates<'a>(texts: impl ExactSizeIterator<Item = &'a str>) -> Option<f64> {
    let count = texts.len();
    let mut years: Vec<i32> = texts.filter_map(year).filter(|year| (1900..=2025).contains(year)).collect();
    if years.is_empty() {
        return None;
    }
    years.sort_unstable();
    let (early, late) = (years[years.len() / 10], years[years.len() * 9 / 10]);
    #[expect(clippy::cast_precision_loss, reason = "a share of at most a few thousand values")]
    let share = years.len() as f64 / count as f64;
    (late - early >= SPREAD_YEARS).then_some(share)
}

/// The year of `1985-12-10` (a time of midnight may follow), `10.12.1985`, `12/10/1985`, `19851210`.
fn year(text: &str) -> Option<i32> {
    let day = text.strip_suffix("T00:00:00").or_else(|| text.strip_suffix(" 00:00:00")).unwrap_or(text);
    let parts: Vec<&str> = day.split(['-', '.', '/']).collect();
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i32>().ok()).flatten();
    let (year, others) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => (number(year)?, [number(month)?, number(day)?]),
        [first, second, year] if year.len() == 4 => (number(year)?, [number(first)?, number(second)?]),
        [all] if all.len() == 8 && all.is_ascii() => (number(&all[..4])?, [number(&all[4..6])?, number(&all[6..])?]),
        _ => return None,
    };
    let (least, most) = (others[0].min(others[1]), others[0].max(others[1]));
    ((1..=12).contains(&least) && most <= 31).then_some(year)
}
