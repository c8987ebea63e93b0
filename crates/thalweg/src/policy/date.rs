//! Dates of HTTP ([RFC 9110, section 5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7)) and of RFC 3339 as Unix
//! seconds.

/// A date of HTTP in any of its forms: `Sun, 06 Nov 1994 08:49:37 GMT`, RFC 850's `Sunday, 06-Nov-94 08:49:37 GMT` and C's
/// `Sun Nov  6 08:49:37 1994`. A year of two digits is the last one that is at most 50 years after `now`.
pub(super) fn http(text: &str, now: u64) -> Option<u64> {
    let mut words = text.split([' ', '-']).filter(|word| !word.is_empty());
    let mut word = || words.next();
    let weekday = word()?;
    let (day, month, year, time, zone) = if weekday.ends_with(',') {
        let (day, month, year) = (word()?, word()?, word()?);
        (day, month, year, word()?, word())
    } else {
        let (month, day, time) = (word()?, word()?, word()?);
        (day, month, word()?, time, Some("GMT"))
    };
    let is_weekday = WEEKDAYS.iter().any(|name| starts_with(weekday, name));
    if !is_weekday || !matches!(zone, Some("GMT" | "UTC" | "+0000")) || word().is_some() {
        return None;
    }
    let month = (1..).zip(MONTHS).find(|(_, name)| name.eq_ignore_ascii_case(month))?.0;
    let year = match (year.len(), digits(year)?) {
        (2, short) => full_year(short, now),
        (4, year) => year,
        _ => return None,
    };
    seconds(year, month, digits(day)?, clock(time)?)
}

/// A time of RFC 3339: `2026-08-01T12:00:00Z`, `2026-08-01T12:00:00.5+02:00`. Fractions of a second are left out.
pub(super) fn rfc3339(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone_at);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if parts.next().is_some() || year.len() != 4 || digits(fraction.get(..fraction.len().min(9))?).is_none() {
        return None;
    }
    let at = seconds(digits(year)?, digits(month)?, digits(day)?, clock(time)?)?;
    if matches!(zone, "Z" | "z") {
        return Some(at);
    }
    let (sign, offset) = zone.split_at(1);
    let (hours, minutes) = offset.split_once(':')?;
    let offset = digits(hours)?.checked_mul(3600)?.checked_add(digits(minutes)?.checked_mul(60)?)?;
    if sign == "-" { at.checked_add(offset) } else { at.checked_sub(offset) }
}

/// `08:49:37` as seconds.
fn clock(text: &str) -> Option<u64> {
    let mut parts = text.split(':').map(digits);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    // A leap second is the first one after it.
    let is_time = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    is_time.then_some(hour * 3600 + minute * 60 + second)
}

/// Unix seconds of a day and a time in it. From 1970 on.
fn seconds(year: u64, month: u64, day: u64, time: u64) -> Option<u64> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days_in_month = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1970 || day == 0 || day > days_in_month {
        return None;
    }
    // Years that begin in March, so that the leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    Some((days - DAYS_TO_1970) * 86_400 + time)
}

/// From March of year 0 to January of 1970.
const DAYS_TO_1970: u64 = 719_468;

fn full_year(short: u64, now: u64) -> u64 {
    // To the year is exact enough for a border 50 years away.
    let this_year = 1970 + now / 31_556_952;
    let year = this_year / 100 * 100 + short;
    if year > this_year + 50 { year - 100 } else { year }
}

/// A number of one to nine digits and nothing else.
fn digits(text: &str) -> Option<u64> {
    let is_number = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn starts_with(text: &str, name: &str) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
