//! What the names of reasons and kinds mean, in sentences.

use crate::ineligible::Affected;

/// What it means that something would have been done in shadow, by its word ([`Would::kinds`](crate::plan::shadow::Would::kinds)).
#[must_use]
pub fn meaning_in_shadow(what: &str) -> &'static str {
    match what {
        "hints" => "Answers that would have named origins to connect to early.",
        "preloads" => "Answers that would have named resources to fetch early.",
        "rules" => "Answers that would have named pages to fetch ahead.",
        "picture" => "Pages whose largest picture would have been fetched earlier by its tag.",
        "deferred" => "Speculations of which something would have been deferred to activation.",
        "cleared" => "Answers that would have had the browser forget what it had loaded ahead.",
        _ => "",
    }
}

/// What a reason means for which speculations are refused; by its first word, as [`Ineligible::as_str`](crate::ineligible::Ineligible::as_str)
/// has it.
#[must_use]
pub fn meaning(reason: &str) -> &'static str {
    match reason.split(' ').next().unwrap_or_default() {
        "unsafe-url" => "The URL says that it does something: signs out, changes a cart, sends something.",
        "suspected" => {
            "Links to it say that it does something, and no plain views have shown that it does nothing."
        }
        "harmful" => "It was met to do harm when it is fetched, by several visitors, and is published so.",
        "quarantine" => {
            "An isolate has met that the page cannot be fetched ahead for such visitors, and remembers it for a while."
        }
        "set-cookie" => "It sets a cookie that cannot be deferred, or takes one away that may be a session.",
        "effect" => {
            "It counts something (EFFECT_PATHS), or begins a sign-in, and no ticket could defer that."
        }
        "stripped" => "It leads on, and was asked for without the parameters that count clicks.",
        "overtaken" => "What the visitor did meanwhile has renewed their session.",
        "clear-site-data" => "It has the browser clear what it keeps.",
        "leaves-site" => "It leads to another site.",
        "leads-back" | "redirects-back" => "It leads back to the page where the visitor is.",
        "download" => "It is saved as a file.",
        "no-page" => "It is nothing that a browser shows as a page.",
        "cookies" => "There are more cookies than are looked at.",
        "url-too-long" => "The URL is longer than is looked at.",
        "too-much" => "A prerendering page sends more to paths that count than is deferred for one page.",
        "busy" => "As many pages were being read as may be at once; another time it may go well.",
        "unread" => "Its body could not be read; another time it may go well.",
        "slow" => "It is streamed, and would be shown later if it were prerendered.",
        "no-transform" => {
            "It says no-transform, so it must reach the visitor as it is, and cannot be given our script."
        }
        "ambiguous" => "Its markup does not say for sure where its scripts are.",
        "shadow-root" => {
            "A script or picture that counts stands in a shadow root, where it cannot be deferred."
        }
        "too-large" => "It is larger than what is held of a page that is prerendered.",
        "encoding" => "It is encoded or compressed in a way that cannot be edited.",
        "policy" => {
            "Its Content-Security-Policy or Integrity-Policy does not let our script run or report, or would have it reported."
        }
        "goes-on" => "It leads on by itself, before what is deferred could be there.",
        "unscripted" => "A browser without scripts had prerendered it.",
        "failed" => "Something failed on our side; the log says what.",
        "private" => "It says that it is private, and was not seen to be the same for several visitors.",
        "noindex" => "It says noindex.",
        "session-deleted" => "It takes a session away: it signs out.",
        "session-rotated" => "It gives another session.",
        "cart-changed" => "It changes a cart.",
        "undeferrable" => "It does something, or sets a cookie, that cannot be deferred.",
        "unrenderable" => "It cannot be prerendered; it can be prefetched.",
        "session" => "It is not for visitors with a session.",
        "prerender" => "It is not to be prerendered.",
        _ => "A rule of that name says so.",
    }
}

/// For whom a page is ineligible.
#[must_use]
pub fn whom(affected: &Affected) -> String {
    match affected {
        Affected::WithSession => "for visitors with a session".to_owned(),
        Affected::WithCookie(name) => format!("for visitors who have the cookie {name}"),
        Affected::WithOtherValue { name, .. } => {
            format!("for visitors whose cookie {name} has another value than it sets")
        }
        Affected::WithoutCookie(name) => format!("for visitors who do not have the cookie {name}"),
        Affected::Everybody => "for everybody".to_owned(),
        Affected::Prerendering => "for prerendering; it can be prefetched".to_owned(),
        Affected::Shown(_) => "by what it shows".to_owned(),
        Affected::WithoutTicket(other) => format!("{}, where no ticket can help", whom(other)),
    }
}

/// A number of bytes, as people read it.
#[must_use]
pub fn bytes(number: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    let unit = units.into_iter().find(|(_, size)| number >= *size);
    unit.map_or_else(
        || format!("{number} B"),
        |(unit, size)| format!("{}.{} {unit}", number / size, number % size / (size / 10)),
    )
}

/// A span of time in milliseconds, as people read it.
#[must_use]
pub fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (number, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds / 60, "minute"),
        7200..=172_799 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// The day of a number of days since the epoch (UTC), as ISO 8601 writes it.
#[must_use]
pub fn date(day: u32) -> String {
    // The civil calendar in eras of 400 years that begin in March: no leap day is then in the middle of a year.
    let days = u64::from(day) + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// A time in seconds since the epoch, to the minute (UTC).
#[must_use]
pub fn time(seconds: u64) -> String {
    let day = u32::try_from(seconds / 86_400).unwrap_or(u32::MAX);
    format!("{} {:02}:{:02}", date(day), seconds % 86_400 / 3600, seconds % 3600 / 60)
}

/// A share in percent.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        "–".to_owned()
    } else {
        format!("{} %", (u128::from(part) * 100 + u128::from(whole) / 2) / u128::from(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ineligible::Ineligible;

    #[test]
    fn each_reason_has_a_meaning() {
        for why in [
            Ineligible::Private,
            Ineligible::Noindex,
            Ineligible::SessionDeleted,
            Ineligible::CartChanged,
            Ineligible::ClearsSiteData,
            Ineligible::Undeferrable,
            Ineligible::TooManyCookies,
            Ineligible::UrlTooLong,
            Ineligible::Harmful,
            Ineligible::Overtaken,
            Ineligible::Stripped,
            Ineligible::Busy,
            Ineligible::Policy,
            Ineligible::GoesOn,
            Ineligible::Failed,
        ] {
            assert_ne!(meaning(why.as_str()), meaning("anything else"), "{why:?}");
        }
        assert_eq!(meaning("unsafe-url sign-out"), meaning("unsafe-url"));
    }

    #[test]
    fn numbers_are_written_as_people_read_them() {
        let written: Vec<String> = [0, 999, 1000, 1_250_000, 7_000_000_000].map(bytes).to_vec();
        assert_eq!(written, ["0 B", "999 B", "1.0 kB", "1.2 MB", "7.0 GB"]);
        let written: Vec<String> = [0, 1000, 119_999, 120_000, 7_200_000, 400_000_000].map(span).to_vec();
        assert_eq!(written, ["0 seconds", "1 second", "119 seconds", "2 minutes", "2 hours", "4 days"]);
        assert_eq!(
            [percent(1, 3), percent(2, 3), percent(0, 0), percent(u64::MAX, u64::MAX)],
            ["33 %", "67 %", "–", "100 %"]
        );
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (day, expected) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (20_833, "2027-01-15"),
        ] {
            assert_eq!(date(day), expected);
        }
        assert_eq!(time(1_800_000_000), "2027-01-15 08:00");
    }
}
