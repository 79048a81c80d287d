//! Robots, by the names that they give themselves. A log has nothing else that tells them from browsers.

/// What stands in the names of robots, in lower case; and in no browser's.
const ROBOTS: &[&str] = &[
    "crawl",
    "spider",
    "slurp",
    "ezooms",
    "archive",
    "feed",
    "monitor",
    "preview",
    "fetch",
    "scan",
    "check",
    "validator",
    // Most leave the address of a page about themselves, and libraries name their protocol.
    "http",
    "curl",
    "wget",
    "python",
    "java/",
    "libwww",
];

/// What stands at the beginning or the end of a word in the names of robots (`Googlebot`, `bot-media`). Within other words these
/// stand by chance.
const ROBOTS_BY_WORD: &[&str] = &["bot", "bots", "rss", "ruby", "perl"];

/// Words that are no robots' though they end like one: telephones are sold under this name.
const DEVICES: &[&str] = &["cubot"];

/// The shortest name that a browser has. Shorter ones, as `-`, are tools'.
const SHORTEST_BROWSER: usize = 10;

/// Whether whoever calls themselves so is a robot.
#[must_use]
pub fn is_robot(agent: &str) -> bool {
    if agent.len() < SHORTEST_BROWSER {
        return true;
    }
    let lower = agent.to_ascii_lowercase();
    ROBOTS.iter().any(|robot| lower.contains(robot)) || words(agent).any(is_robots_word)
}

/// The words of a text: letters that nothing else parts.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_alphabetic()).filter(|word| !word.is_empty())
}

fn is_robots_word(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    if DEVICES.contains(&lower.as_str()) {
        return false;
    }
    // A capital behind a small letter begins a word, too: `TelegramBotLike`.
    let is_begun = |(at, _): (usize, &str)| {
        let before = at.checked_sub(1).and_then(|at| word.as_bytes().get(at));
        let is_capital = word.as_bytes().get(at).is_some_and(u8::is_ascii_uppercase);
        before.is_none_or(|before| is_capital && before.is_ascii_lowercase())
    };
    ROBOTS_BY_WORD.iter().any(|robot| lower.ends_with(robot) || lower.match_indices(robot).any(is_begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_are_told_from_browsers() {
        for robot in [
            "-",
            "",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; Yahoo! Slurp)",
            "UniversalFeedParser/4.2-pre-314-svn",
            "Tiny Tiny RSS/1.11",
            "curl/7.26.0",
            "python-requests/2.2.1",
            "Go-http-client/1.1",
            "distilator/0.1 (http://people.example/)",
            // Without the addresses of their pages, by which they would be told whatever they are called.
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/126.0.0.0 Safari/537.36",
            "Mozilla/5.0 (compatible; AhrefsBot/7.0)",
            "Mozilla/5.0 (compatible; YandexBot/3.0)",
            "Mozilla/5.0 (compatible; SemrushBot/7~bl)",
            "Mozilla/5.0 (compatible; MJ12bot/v1.4.8)",
            "Mozilla/5.0 (compatible; DotBot/1.2)",
            "Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; PetalBot)",
            "Mozilla/5.0 (compatible; Applebot/0.1)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; OAI-SearchBot/1.0",
            "Mozilla/5.0 (compatible; PerplexityBot/1.0)",
            "CCBot/2.0",
            "Mozilla/5.0 (compatible; Amazonbot/0.1)",
            "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider)",
            "Mozilla/5.0 (compatible; Baiduspider/2.0)",
            "Mozilla/5.0 (compatible; SeznamBot/4.0)",
            "Mozilla/5.0 (compatible; BLEXBot/1.0)",
            "Mozilla/5.0 (compatible; DataForSeoBot/1.0)",
            "Twitterbot/1.0",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (compatible; Discordbot/2.0)",
            "Slackbot-LinkExpanding 1.0",
            "LinkedInBot/1.0 (compatible; Mozilla/5.0)",
            "AdsBot-Google (+Googlebot)",
            "Googlebot-Image/1.0",
            "msnbot-media/1.1",
            "Pingdom.com_bot_version_1.4",
            "Mozilla/5.0+(compatible; UptimeRobot/2.0)",
            "Screaming Frog SEO Spider/20.2",
            "W3C_Validator/1.3",
            "Wget/1.21.4 (linux-gnu)",
            "Ruby/3.3 (a client)",
            "libwww-perl/6.77",
        ] {
            assert!(is_robot(robot), "{robot}");
        }
        for browser in [
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; .NET CLR 3.5.30729)",
            "Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 7_0_4 like Mac OS X) AppleWebKit/537.51.1 Mobile Safari/9537.53",
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20 PRO) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 12; Cubot P60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 13; ABBOTT-1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.153 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0",
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Linux; U; Android 13; de-de; 22101316G) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.5",
            "Mozilla/5.0 (Android 14; Mobile; rv:147.0) Gecko/147.0 Firefox/147.0",
            "Mozilla/5.0 (Linux; Android 12; HUAWEI P50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.88 HuaweiBrowser/14.0 Mobile Safari/537.36",
        ] {
            assert!(!is_robot(browser), "{browser}");
        }
    }
}
