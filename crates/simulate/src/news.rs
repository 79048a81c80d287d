//! A newspaper: 40 articles a day in nine sections, live tickers, series, and pages that stay.
//!
//! Interest in an article falls to a fifth within a day and to a seventeenth within two; a few articles have much, most
//! have little. The home page is made anew twenty times a day: what is fresh and wanted stands at its top. Each
//! section shows its newest articles, each article some older ones of its section, and all pages the most read. Every
//! third day something happens that has a live ticker; every fourth day a series begins, with a part a day.
//!
//! Overnight, the menu has another order, the home page another mix of sections, articles lead to others than before
//! and each has one that stands out ("read on").

use crate::draw::{Numbers, Table, zipf};
use crate::walk::{Habits, Map, Page, Site, Visitor};

/// How often the home page is made anew: twenty times a day.
const EDITION: usize = crate::DAY / EDITIONS;
const EDITIONS: usize = 20;

/// How many articles each edition brings.
const NEW_ARTICLES: usize = 2;

/// The days of the articles that are there from the beginning.
const ARCHIVE_DAYS: usize = 3;

/// How many teasers the home page has.
const TEASERS: usize = 32;

/// How many articles a section shows.
const LISTED: usize = 20;

/// The parts of a series.
const PARTS: usize = 5;

const SECTIONS: [&str; 9] =
    ["politics", "economy", "world", "local", "culture", "science", "sport", "opinion", "travel"];

const SUBJECTS: [&str; 20] = [
    "minister",
    "council",
    "striker",
    "court",
    "museum",
    "bank",
    "researchers",
    "farmers",
    "airline",
    "mayor",
    "orchestra",
    "startup",
    "union",
    "police",
    "coach",
    "voters",
    "teachers",
    "author",
    "port",
    "hospital",
];

const VERBS: [&str; 14] = [
    "rejects",
    "plans",
    "wins",
    "loses",
    "defends",
    "opens",
    "closes",
    "debates",
    "discovers",
    "delays",
    "praises",
    "doubts",
    "saves",
    "leaves",
];

const OBJECTS: [&str; 18] = [
    "budget",
    "final",
    "bridge",
    "reform",
    "exhibition",
    "merger",
    "vaccine",
    "harvest",
    "strike",
    "tunnel",
    "prize",
    "season",
    "tax",
    "festival",
    "market",
    "deal",
    "record",
    "election",
];

/// The kinds of the newspaper's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `/`.
    Home,
    /// A section's newest articles, or the overview of a series.
    Section,
    /// An article, or a part of a series.
    Article,
    /// A ticker, of which people come back for more.
    Live,
    /// What stays: recipes, advice, the weather, the imprint.
    Evergreen,
}

#[derive(Debug)]
struct Article {
    page: Page,
    section: usize,
    /// The edition that brought it.
    edition: usize,
    /// How many people it concerns.
    worth: f64,
}

#[derive(Debug)]
struct Series {
    overview: Page,
    slug: String,
    parts: Vec<Page>,
    /// The edition that brings its next part.
    due: usize,
}

/// The newspaper.
#[derive(Debug)]
pub struct News {
    map: Map<Role>,
    numbers: Numbers,
    home: Page,
    sections: Vec<Page>,
    evergreens: Vec<(Page, f64)>,
    articles: Vec<Article>,
    series: Vec<Series>,
    ticker: Option<(Page, usize)>,
    edition: usize,
    /// What the home page prefers of each section.
    mix: Vec<f64>,
    is_relaunched: bool,
    landings: [Table<Page>; 3],
}

impl News {
    /// The newspaper with the articles of the last days.
    pub fn new(seed: u64) -> Self {
        let mut numbers = Numbers::new(seed, "news");
        let mut map = Map::new(seed);
        let home = map.add("/", Role::Home, None);
        let sections =
            SECTIONS.iter().map(|name| map.add(format!("/{name}"), Role::Section, Some(home))).collect();
        let mut evergreens: Vec<Page> =
            ["/weather", "/crossword", "/about", "/imprint", "/newsletter", "/subscribe"]
                .into_iter()
                .map(|path| map.add(path, Role::Evergreen, Some(home)))
                .collect();
        let advice = map.add("/advice", Role::Section, Some(home));
        let pieces: Vec<Page> = OBJECTS
            .iter()
            .flat_map(|object| {
                ["what-to-know-about", "ten-questions-on"].map(|what| format!("{what}-the-{object}"))
            })
            .map(|slug| map.add(format!("/advice/{slug}"), Role::Evergreen, Some(advice)))
            .collect();
        map.link(advice, Table::shown(pieces.iter().map(|page| (*page, 1.0))));
        evergreens.extend(&pieces);
        for page in &evergreens {
            let others = (0..3).filter_map(|_| numbers.pick(&pieces)).filter(|other| other != page);
            let others: Vec<(Page, f64)> = others.map(|other| (other, 1.0)).collect();
            map.link(*page, Table::shown(others));
        }
        numbers.shuffle(&mut evergreens);
        let ranked = evergreens.into_iter().enumerate();
        let mut news = Self {
            map,
            numbers,
            home,
            sections,
            evergreens: ranked.map(|(rank, page)| (page, zipf(rank, 2.0))).collect(),
            articles: Vec::new(),
            series: Vec::new(),
            ticker: None,
            edition: 0,
            mix: Vec::new(),
            is_relaunched: false,
            landings: Default::default(),
        };
        news.arrange();
        for _ in 0..ARCHIVE_DAYS * EDITIONS {
            news.publish();
        }
        news.print();
        news
    }

    /// The menu, and what the home page prefers.
    fn arrange(&mut self) {
        let mut order = self.sections.clone();
        self.numbers.shuffle(&mut order);
        let sections = order.into_iter().enumerate().map(|(place, page)| (page, zipf(place, 2.0)));
        let rare = self.evergreens.iter().map(|(page, weight)| (*page, weight * 0.08));
        self.map.menu = Table::new(sections.chain([(self.home, 1.6)]).chain(rare));
        self.mix = SECTIONS.iter().map(|_| 0.3 + self.numbers.chance()).collect();
    }

    /// What an article is worth now: it falls with its age.
    fn interest(&self, article: &Article) -> f64 {
        let age = self.edition.saturating_sub(article.edition);
        // In half days, as a number: one over it is what Zipf's law gives its rank.
        let age = 1.0 / zipf(age, 0.0) / 10.0;
        article.worth / (1.0 + age * age)
    }

    /// Brings the next edition's articles, parts and tickers.
    fn publish(&mut self) {
        self.edition += 1;
        for _ in 0..NEW_ARTICLES {
            let section = self.numbers.below(SECTIONS.len());
            let words = (
                self.numbers.pick(&SUBJECTS).unwrap_or_default(),
                self.numbers.pick(&VERBS).unwrap_or_default(),
                self.numbers.pick(&OBJECTS).unwrap_or_default(),
            );
            let name = SECTIONS.get(section).copied().unwrap_or_default();
            let number = 10_000 + self.articles.len();
            let path = format!("/{name}/{}-{}-{}-{number}", words.0, words.1, words.2);
            let page = self.map.add(path, Role::Article, self.sections.get(section).copied());
            self.relate(page, section);
            let worth = self.numbers.worth();
            self.articles.push(Article { page, section, edition: self.edition, worth });
        }
        if self.edition.is_multiple_of(4 * EDITIONS) {
            self.begin_series();
        }
        self.continue_series();
        if self.edition.is_multiple_of(3 * EDITIONS) {
            let slug = self.numbers.pick(&OBJECTS).unwrap_or_default();
            let path = format!("/live/{slug}-{}", self.edition);
            self.ticker = Some((self.map.add(path, Role::Live, Some(self.home)), self.edition));
        }
        if self.ticker.is_some_and(|(_, since)| self.edition > since + EDITIONS + EDITIONS / 4) {
            self.ticker = None;
        }
    }

    /// Chooses what an article leads to: some of its section, none newer than itself, and one of another.
    fn relate(&mut self, page: Page, section: usize) {
        let latest = |in_section: bool| {
            let recent = self.articles.iter().rev().take(10 * NEW_ARTICLES * EDITIONS);
            let fitting = recent
                .filter(move |article| article.page != page && (article.section == section) == in_section);
            fitting.take(15).map(|article| (article.page, article.worth.min(10.0)))
        };
        let (own, other) = (Table::new(latest(true)), Table::new(latest(false)));
        let mut related: Vec<Page> = Vec::new();
        for table in [&own, &own, &own, &other] {
            related.extend(table.draw(&mut self.numbers).filter(|page| !related.contains(page)));
        }
        if self.is_relaunched {
            self.map.lead(page, related.first().copied());
        }
        self.map.link(page, Table::shown(related.into_iter().map(|page| (page, 1.0))));
    }

    fn begin_series(&mut self) {
        let subject = self.numbers.pick(&SUBJECTS).unwrap_or_default();
        let slug = format!("/series/the-{subject}-files-{}", self.edition);
        let overview = self.map.add(slug.clone(), Role::Section, Some(self.home));
        self.series.push(Series { overview, slug, parts: Vec::new(), due: self.edition });
    }

    /// A part a day, each leading to the next once that is there.
    fn continue_series(&mut self) {
        let section = self.numbers.below(SECTIONS.len());
        for series in &mut self.series {
            if series.due != self.edition || series.parts.len() == PARTS {
                continue;
            }
            series.due += EDITIONS;
            let path = format!("{}/part-{}", series.slug, series.parts.len() + 1);
            let page = self.map.add(path, Role::Article, Some(series.overview));
            if let Some(last) = series.parts.last() {
                self.map.lead(*last, Some(page));
            }
            series.parts.push(page);
            let parts = series.parts.iter().map(|page| (*page, 1.0));
            self.map.link(series.overview, Table::shown(parts.clone()));
            self.map.link(page, Table::shown(parts.rev().skip(1)));
            let worth = 4.0 + self.numbers.worth();
            self.articles.push(Article { page, section, edition: self.edition, worth });
        }
    }

    /// Makes the home page, the sections, the most read and the landings anew.
    fn print(&mut self) {
        let mut wanted: Vec<(&Article, f64)> =
            self.articles.iter().map(|article| (article, self.interest(article))).collect();
        wanted.sort_by(|one, other| other.1.total_cmp(&one.1));
        self.map.popular = Table::shown(wanted.iter().take(5).map(|(article, _)| (article.page, 1.0)));
        let found = wanted.iter().map(|(article, interest)| (article.page, interest + 0.05));
        self.map.searched = Table::new(found.chain(self.evergreens.iter().copied()));

        // The editors' view of it is not the readers', and changes from edition to edition.
        let mut teasers: Vec<(Page, f64)> = wanted
            .iter()
            .take(3 * TEASERS)
            .map(|(article, interest)| {
                let preferred = self.mix.get(article.section).copied().unwrap_or_default();
                (article.page, interest * preferred * (0.6 + 0.8 * self.numbers.chance()))
            })
            .collect();
        teasers.sort_by(|one, other| other.1.total_cmp(&one.1));
        teasers.truncate(TEASERS);
        let shown = teasers.iter().map(|(page, _)| (*page, 0.5 + self.numbers.chance()));
        let ticker = self.ticker.map(|(page, _)| (page, 1.5));
        let teasers: Vec<(Page, f64)> = ticker.into_iter().chain(shown).collect();
        self.map.link(self.home, Table::shown(teasers));

        for (number, section) in self.sections.iter().enumerate() {
            let newest = self.articles.iter().rev().filter(|article| article.section == number);
            let charm = |article: &Article| (article.page, 0.5 + article.worth.min(10.0) / 10.0);
            self.map.link(*section, Table::shown(newest.take(LISTED).map(charm)));
        }
        if let Some((ticker, _)) = self.ticker {
            self.map
                .link(ticker, Table::shown(wanted.iter().take(8).map(|(article, _)| (article.page, 1.0))));
        }
        self.landings = self.landings(&wanted);
    }

    /// Where visitors land. Searchers find old articles as well: there are many of them.
    fn landings(&self, wanted: &[(&Article, f64)]) -> [Table<Page>; 3] {
        let share = |share: f64, pages: Vec<(Page, f64)>| {
            let sum: f64 = pages.iter().map(|(_, weight)| weight).sum();
            pages.into_iter().map(move |(page, weight)| (page, share * weight / sum))
        };
        let fresh =
            |tail: f64| wanted.iter().map(|(article, interest)| (article.page, interest + tail)).collect();
        let sections = |of: f64| {
            share(of, self.sections.iter().enumerate().map(|(rank, page)| (*page, zipf(rank, 3.0))).collect())
        };
        let ticker = |of: f64| self.ticker.map(|(page, _)| (page, of));
        let searchers = share(0.76, fresh(0.08)).chain(share(0.16, self.evergreens.clone()));
        let parts = self.series.iter().rev().take(2).flat_map(|series| series.parts.iter()).copied();
        let parts = share(0.10, parts.map(|page| (page, 1.0)).collect());
        [
            Table::new(searchers.chain(sections(0.04)).chain(ticker(0.10))),
            Table::new(
                share(0.14, fresh(0.01)).chain(sections(0.12)).chain(ticker(0.05)).chain([(self.home, 0.74)]),
            ),
            Table::new(
                share(0.25, fresh(0.02)).chain(sections(0.10)).chain(parts).chain([(self.home, 0.55)]),
            ),
        ]
    }
}

impl Site for News {
    type Role = Role;

    fn map(&self) -> &Map<Role> {
        &self.map
    }

    fn arrive(&self, numbers: &mut Numbers) -> Option<(Visitor, Page)> {
        let [searchers, wanderers, readers] = &self.landings;
        let kinds = [
            ((Visitor::Searcher, searchers), 0.45),
            ((Visitor::Wanderer, wanderers), 0.40),
            ((Visitor::Determined, readers), 0.15),
        ];
        let (visitor, landings) = Table::new(kinds).draw(numbers)?;
        Some((visitor, landings.draw(numbers)?))
    }

    #[rustfmt::skip]
    fn habits(&self, visitor: Visitor, role: Role) -> Habits {
        // The new pages are made to be read on from.
        let (next, popular) = if self.is_relaunched { (0.16, 0.04) } else { (0.12, 0.08) };
        let none = Habits::default();
        let habits = match role {
            Role::Home => Habits { leave: 0.30, search: 0.02, menu: 0.14, links: 0.54, ..none },
            Role::Section => Habits { leave: 0.25, back: 0.10, search: 0.01, up: 0.07, menu: 0.12, links: 0.45, ..none },
            Role::Article => Habits { leave: 0.42, back: 0.24, search: 0.01, up: 0.05, menu: 0.08, links: 0.10, next, popular },
            Role::Live => Habits { leave: 0.40, back: 0.15, up: 0.05, menu: 0.10, links: 0.25, popular: 0.05, ..none },
            Role::Evergreen => Habits { leave: 0.60, back: 0.12, search: 0.03, up: 0.04, menu: 0.10, links: 0.11, ..none },
        };
        match visitor {
            Visitor::Searcher => Habits { leave: habits.leave * 2.5, ..habits },
            Visitor::Wanderer => habits,
            Visitor::Determined => {
                Habits { leave: habits.leave * 0.6, next: habits.next * 3.0, links: habits.links * 1.3, ..habits }
            }
        }
    }

    fn pass(&mut self, navigations: usize) {
        let now = ARCHIVE_DAYS * EDITIONS + navigations / EDITION;
        while self.edition < now {
            self.publish();
            self.print();
        }
    }

    fn relaunch(&mut self) {
        self.is_relaunched = true;
        self.arrange();
        let in_series: Vec<Page> =
            self.series.iter().flat_map(|series| series.parts.iter()).copied().collect();
        let pages: Vec<(Page, usize)> = self
            .articles
            .iter()
            .filter(|article| !in_series.contains(&article.page))
            .map(|article| (article.page, article.section))
            .collect();
        for (page, section) in pages {
            self.relate(page, section);
        }
        self.print();
    }
}
