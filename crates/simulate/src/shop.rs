//! A shop: 1,200 products on 48 shelves in 12 departments, a cart and a checkout.
//!
//! Demand follows Zipf's law, drifts slowly, and now and then a product comes from nowhere. A shelf shows 24 products
//! a page, the most wanted first as of the last night. The home page shows the best-sellers, some of everything, and
//! for some days one promoted product, which newsletters lead to as well.
//!
//! Overnight, a third of the products move to other shelves of their department, the shelves are sorted by something
//! else, related products are chosen anew, departments change their places in the menu, and the checkout has other
//! steps.

use crate::draw::{Numbers, Table, zipf};
use crate::walk::{Habits, Map, Page, Site, Visitor};

const PRODUCTS: usize = 1_200;

/// How many products a page of a shelf shows.
const SHOWN: usize = 24;

/// How often demand drifts: twice a day.
const TURN: usize = crate::DAY / 2;

/// Departments, what stands on each of their shelves, and what one of it is called.
const DEPARTMENTS: [(&str, [(&str, &str); 4]); 12] = [
    ("shoes", [("running", "runner"), ("hiking", "boot"), ("sandals", "sandal"), ("sneakers", "sneaker")]),
    ("women", [("dresses", "dress"), ("tops", "blouse"), ("jeans", "jeans"), ("coats", "coat")]),
    ("men", [("shirts", "shirt"), ("trousers", "chinos"), ("jackets", "jacket"), ("knitwear", "pullover")]),
    ("kids", [("toys", "puzzle"), ("baby", "romper"), ("school", "satchel"), ("games", "board-game")]),
    ("kitchen", [("pans", "pan"), ("knives", "knife"), ("cups", "mug"), ("baking", "cake-tin")]),
    ("garden", [("tools", "spade"), ("furniture", "bench"), ("pots", "planter"), ("seeds", "seeds")]),
    (
        "electronics",
        [("phones", "phone"), ("laptops", "laptop"), ("audio", "headphones"), ("cables", "cable")],
    ),
    ("sports", [("cycling", "helmet"), ("yoga", "mat"), ("swimming", "goggles"), ("football", "ball")]),
    ("beauty", [("skin", "lotion"), ("hair", "shampoo"), ("scent", "perfume"), ("make-up", "lipstick")]),
    ("home", [("lamps", "lamp"), ("rugs", "rug"), ("bedding", "duvet"), ("storage", "basket-box")]),
    ("books", [("novels", "novel"), ("travel", "guidebook"), ("cooking", "cookbook"), ("comics", "comic")]),
    ("pets", [("dogs", "leash"), ("cats", "scratcher"), ("birds", "birdhouse"), ("fish", "aquarium")]),
];

const ADJECTIVES: [&str; 16] = [
    "alpine", "classic", "light", "nordic", "urban", "soft", "bold", "pure", "mini", "vintage", "eco",
    "royal", "swift", "cosy", "smart", "coastal",
];

/// The kinds of the shop's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `/`.
    Home,
    /// A department: its shelves, and what sells best there.
    Department,
    /// A page of a shelf, or the sale: products.
    List,
    /// A product.
    Product,
    /// The cart.
    Cart,
    /// A step of the checkout.
    Checkout,
    /// What is shown after the order.
    Thanks,
    /// The customer's own pages.
    Account,
    /// Help, imprint and the like.
    Text,
}

#[derive(Debug)]
struct Product {
    page: Page,
    shelf: usize,
    /// How inviting its picture and price look in a list.
    charm: f64,
}

#[derive(Debug)]
struct Shelf {
    department: usize,
    pages: Vec<Page>,
}

/// The pages that there is one of.
#[derive(Debug)]
struct Fixed {
    home: Page,
    sale: Page,
    cart: Page,
    thanks: Page,
    account: Page,
    orders: Page,
    /// The steps of the checkout: to sign in, the address, the payment, the look over it.
    checkout: [Page; 4],
}

/// The shop.
#[derive(Debug)]
pub struct Shop {
    map: Map<Role>,
    numbers: Numbers,
    fixed: Fixed,
    departments: Vec<Page>,
    shelves: Vec<Shelf>,
    products: Vec<Product>,
    /// The products, the most wanted first.
    ranking: Vec<usize>,
    promoted: Option<Page>,
    /// The turns of demand that there were.
    turns: usize,
    is_relaunched: bool,
    landings: [Table<Page>; 3],
}

impl Shop {
    /// The shop as it opens.
    pub fn new(seed: u64) -> Self {
        let mut numbers = Numbers::new(seed, "shop");
        let mut map = Map::new(seed);
        let fixed = fixed(&mut map);
        let mut departments = Vec::new();
        let mut shelves = Vec::new();
        let mut names = Vec::new();
        for (number, (department, of_it)) in DEPARTMENTS.iter().enumerate() {
            let page = map.add(format!("/c/{department}"), Role::Department, Some(fixed.home));
            departments.push(page);
            for (shelf, noun) in of_it {
                let first = map.add(format!("/c/{department}/{shelf}"), Role::List, Some(page));
                shelves.push(Shelf { department: number, pages: vec![first] });
                names.push((format!("/c/{department}/{shelf}"), *noun));
            }
        }
        let mut sizes: Vec<usize> = (0..shelves.len()).collect();
        numbers.shuffle(&mut sizes);
        // Some shelves are long and many are short.
        let sizes = Table::new(sizes.into_iter().enumerate().map(|(rank, shelf)| (shelf, zipf(rank, 12.0))));
        let products: Vec<Product> = (0..PRODUCTS)
            .filter_map(|number| {
                let shelf = sizes.draw(&mut numbers)?;
                let (_, noun) = names.get(shelf)?;
                let adjective = numbers.pick(&ADJECTIVES)?;
                let path = format!("/p/{adjective}-{noun}-{}", 10_000 + number);
                let up = shelves.get(shelf)?.pages.first().copied();
                let page = map.add(path, Role::Product, up);
                Some(Product { page, shelf, charm: 0.4 + numbers.chance() })
            })
            .collect();
        for (number, (shelf, (path, _))) in shelves.iter_mut().zip(&names).enumerate() {
            let count = products.iter().filter(|product| product.shelf == number).count();
            let up = shelf.pages.first().copied();
            let more = 2..=count.div_ceil(SHOWN);
            shelf.pages.extend(more.map(|page| map.add(format!("{path}/page/{page}"), Role::List, up)));
        }
        let mut ranking: Vec<usize> = (0..products.len()).collect();
        numbers.shuffle(&mut ranking);
        let mut shop = Self {
            map,
            numbers,
            fixed,
            departments,
            shelves,
            products,
            ranking,
            promoted: None,
            turns: 0,
            is_relaunched: false,
            landings: Default::default(),
        };
        shop.build();
        shop
    }

    /// Everything that is made once, and again for the relaunch.
    fn build(&mut self) {
        self.chain();
        self.draw_menu();
        self.relate();
        self.stock();
    }

    /// The way through the checkout.
    fn chain(&mut self) {
        let [login, address, payment, review] = self.fixed.checkout;
        let (cart, thanks) = (self.fixed.cart, self.fixed.thanks);
        let way = if self.is_relaunched {
            [cart, address, payment, review, thanks]
        } else {
            [cart, login, address, payment, thanks]
        };
        for (page, next) in way.iter().zip(way.iter().skip(1)) {
            self.map.lead(*page, Some(*next));
        }
        for product in &self.products {
            self.map.lead(product.page, Some(cart));
        }
    }

    fn draw_menu(&mut self) {
        let mut order = self.departments.clone();
        self.numbers.shuffle(&mut order);
        let Fixed { home, sale, cart, account, .. } = self.fixed;
        let texts = self.map.of_role(Role::Text);
        let texts = texts.into_iter().map(|page| (page, 0.02));
        let departments = order.into_iter().enumerate().map(|(place, page)| (page, zipf(place, 2.0)));
        let fixed = [(home, 0.7), (sale, 0.4), (cart, 0.2), (account, 0.15)];
        self.map.menu = Table::new(departments.chain(fixed).chain(texts));
    }

    /// Chooses each product's related ones: four from its shelf, one from its department, one from anywhere.
    fn relate(&mut self) {
        let count = self.shelves.len();
        let mut of_shelf: Vec<Vec<(Page, f64)>> = vec![Vec::new(); count];
        let mut of_department: Vec<Vec<(Page, f64)>> = vec![Vec::new(); self.departments.len()];
        let mut of_all = Vec::new();
        for (rank, product) in self.ranking.iter().enumerate() {
            let Some(product) = self.products.get(*product) else { continue };
            let entry = (product.page, zipf(rank, 40.0));
            of_all.push(entry);
            if let (Some(place), Some(list)) =
                (self.shelves.get(product.shelf), of_shelf.get_mut(product.shelf))
            {
                list.push(entry);
                of_department.get_mut(place.department).into_iter().for_each(|list| list.push(entry));
            }
        }
        let of_shelf: Vec<_> = of_shelf.into_iter().map(Table::new).collect();
        let of_department: Vec<_> = of_department.into_iter().map(Table::new).collect();
        let of_all = Table::new(of_all);
        for product in &self.products {
            let own = of_shelf.get(product.shelf);
            let department =
                self.shelves.get(product.shelf).and_then(|shelf| of_department.get(shelf.department));
            let from = [own, own, own, own, department, Some(&of_all)];
            let mut related: Vec<Page> = Vec::new();
            for table in from.into_iter().flatten() {
                let drawn = table.draw(&mut self.numbers);
                related.extend(drawn.filter(|page| *page != product.page && !related.contains(page)));
            }
            self.map.link(product.page, Table::shown(related.into_iter().map(|page| (page, 1.0))));
        }
    }

    /// What changes with demand: the order on the shelves, the departments, the home page, where visitors land.
    fn stock(&mut self) {
        let mut on_shelf: Vec<Vec<(Page, f64)>> = vec![Vec::new(); self.shelves.len()];
        let mut wanted = Vec::new();
        for (rank, product) in self.ranking.iter().enumerate() {
            let Some(product) = self.products.get(*product) else { continue };
            wanted.push((product.page, zipf(rank, 4.0)));
            on_shelf
                .get_mut(product.shelf)
                .into_iter()
                .for_each(|list| list.push((product.page, product.charm)));
        }
        if self.is_relaunched {
            // Sorted by what the new shop system takes for relevance: by how the products look.
            for list in &mut on_shelf {
                list.sort_by(|one, other| other.1.total_cmp(&one.1));
            }
        }
        let mut in_department: Vec<Vec<(Page, f64)>> = vec![Vec::new(); self.departments.len()];
        for (shelf, products) in self.shelves.iter().zip(&on_shelf) {
            for (page, products) in shelf.pages.iter().zip(products.chunks(SHOWN)) {
                self.map.link(*page, Table::shown(products.iter().copied()));
            }
            for (page, next) in shelf.pages.iter().zip(shelf.pages.iter().skip(1)) {
                self.map.lead(*page, Some(*next));
            }
            if let Some(list) = in_department.get_mut(shelf.department) {
                let best = products.iter().take(2).map(|(page, charm)| (*page, charm * 0.5));
                list.extend(shelf.pages.first().map(|page| (*page, 1.5)).into_iter().chain(best));
            }
        }
        for (department, links) in self.departments.iter().zip(in_department) {
            self.map.link(*department, Table::new(links));
        }
        self.map.searched = Table::new(wanted.iter().copied());
        self.map.popular = Table::shown(wanted.iter().take(6).copied().map(|(page, _)| (page, 1.0)));
        self.dress(&wanted);
        self.draw_landings(&wanted);
    }

    /// The home page: best-sellers, some of everything, and what is promoted.
    fn dress(&mut self, wanted: &[(Page, f64)]) {
        let skipped = if self.is_relaunched { 4 } else { 0 };
        let mut teasers: Vec<(Page, f64)> = self.promoted.map(|page| (page, 2.0)).into_iter().collect();
        teasers.extend(wanted.iter().skip(skipped).take(4).map(|(page, _)| (*page, 1.0)));
        for _ in 0..4 {
            teasers.extend(self.numbers.pick(wanted).map(|(page, _)| (page, 0.7)));
        }
        self.map.link(self.fixed.home, Table::shown(teasers));
        let reduced: Vec<(Page, f64)> =
            (0..SHOWN).filter_map(|_| self.numbers.pick(wanted)).map(|(page, _)| (page, 1.0)).collect();
        self.map.link(self.fixed.sale, Table::shown(reduced));
    }

    fn draw_landings(&mut self, wanted: &[(Page, f64)]) {
        let of_all = |share: f64, pages: &[(Page, f64)]| -> Vec<(Page, f64)> {
            let sum: f64 = pages.iter().map(|(_, weight)| weight).sum();
            pages.iter().map(|(page, weight)| (*page, share * weight / sum)).collect()
        };
        let Fixed { home, orders, sale, .. } = self.fixed;
        let shelves: Vec<(Page, f64)> = self
            .shelves
            .iter()
            .filter_map(|shelf| shelf.pages.first())
            .copied()
            .enumerate()
            .map(|(rank, page)| (page, zipf(rank, 6.0)))
            .collect();
        let departments: Vec<(Page, f64)> = self.departments.iter().map(|page| (*page, 1.0)).collect();
        let texts: Vec<(Page, f64)> =
            self.map.of_role(Role::Text).into_iter().map(|page| (page, 1.0)).collect();
        let promoted: Vec<(Page, f64)> = self.promoted.map(|page| (page, 0.06)).into_iter().collect();
        let searchers = [
            of_all(0.74, wanted),
            of_all(0.16, &shelves),
            of_all(0.05, &texts),
            of_all(0.02, &departments),
            vec![(orders, 0.03)],
        ];
        let wanderers = [
            of_all(0.22, wanted),
            of_all(0.20, &shelves),
            of_all(0.08, &departments),
            vec![(home, 0.42), (sale, 0.05)],
            promoted.clone(),
        ];
        let buyers = [
            of_all(0.40, wanted),
            of_all(0.15, &shelves),
            of_all(0.04, &departments),
            vec![(home, 0.36), (sale, 0.03)],
            promoted,
        ];
        self.landings = [searchers, wanderers, buyers].map(|parts| Table::new(parts.concat()));
    }

    /// Demand changes a little: products pass others a little above them, and sometimes one comes from nowhere.
    fn drift(&mut self) {
        for _ in 0..60 {
            let rank = self.numbers.below(self.ranking.len());
            let above = rank.saturating_sub(self.numbers.below(rank / 4 + 2));
            self.ranking.swap(rank, above);
        }
        if self.numbers.happens(0.25) {
            let (from, to) = (self.numbers.below(self.ranking.len()), self.numbers.below(30));
            if let Some(part) = self.ranking.get_mut(to..=from) {
                part.rotate_right(1);
            }
        }
        if self.turns.is_multiple_of(5) {
            let number = self.numbers.below(self.products.len());
            let any = self.products.get(number).map(|product| product.page);
            self.promoted = any.filter(|_| self.numbers.happens(0.6));
        }
    }

    /// Two products of a department change places, so that no shelf gets longer than its pages.
    fn swap(&mut self) {
        let department = |product: &Product| {
            self.shelves.get(product.shelf).map(|shelf| shelf.department).unwrap_or_default()
        };
        let one = self.numbers.below(self.products.len());
        let Some((own, of)) = self.products.get(one).map(|product| (product.shelf, department(product)))
        else {
            return;
        };
        let neighbours: Vec<(usize, usize)> = (self.products.iter().enumerate())
            .filter(|(_, product)| department(product) == of && product.shelf != own)
            .map(|(number, product)| (number, product.shelf))
            .collect();
        let Some((other, others)) = self.numbers.pick(&neighbours) else { return };
        for (number, shelf) in [(one, others), (other, own)] {
            let up = self.shelves.get(shelf).and_then(|shelf| shelf.pages.first()).copied();
            if let Some(product) = self.products.get_mut(number) {
                product.shelf = shelf;
                self.map.hang(product.page, up);
            }
        }
    }
}

/// Makes the pages that there is one of.
fn fixed(map: &mut Map<Role>) -> Fixed {
    let home = map.add("/", Role::Home, None);
    let sale = map.add("/sale", Role::List, Some(home));
    let cart = map.add("/cart", Role::Cart, None);
    let checkout = ["login", "address", "payment", "review"]
        .map(|step| map.add(format!("/checkout/{step}"), Role::Checkout, Some(cart)));
    let thanks = map.add("/checkout/thanks", Role::Thanks, None);
    let account = map.add("/account", Role::Account, None);
    let [orders, wishes, addresses, returns] = ["orders", "wishlist", "addresses", "returns"]
        .map(|name| map.add(format!("/account/{name}"), Role::Account, Some(account)));
    map.link(account, Table::new([(orders, 0.6), (wishes, 0.2), (addresses, 0.1), (returns, 0.1)]));
    map.link(orders, Table::new([(returns, 0.7), (addresses, 0.3)]));
    map.link(thanks, Table::new([(orders, 0.8), (account, 0.2)]));
    let help = map.add("/help", Role::Text, None);
    let topics = ["shipping", "returns", "sizes", "payment", "contact"]
        .map(|name| map.add(format!("/help/{name}"), Role::Text, Some(help)));
    map.link(help, Table::shown(topics.map(|page| (page, 1.0))));
    for name in ["about", "imprint", "privacy", "terms", "jobs", "stores"] {
        map.add(format!("/{name}"), Role::Text, None);
    }
    Fixed { home, sale, cart, thanks, account, orders, checkout }
}

impl Site for Shop {
    type Role = Role;

    fn map(&self) -> &Map<Role> {
        &self.map
    }

    fn arrive(&self, numbers: &mut Numbers) -> Option<(Visitor, Page)> {
        let [searchers, wanderers, buyers] = &self.landings;
        let kinds = [
            ((Visitor::Searcher, searchers), 0.48),
            ((Visitor::Wanderer, wanderers), 0.43),
            ((Visitor::Determined, buyers), 0.09),
        ];
        let (visitor, landings) = Table::new(kinds).draw(numbers)?;
        Some((visitor, landings.draw(numbers)?))
    }

    #[rustfmt::skip]
    fn habits(&self, visitor: Visitor, role: Role) -> Habits {
        // The new pages show the breadcrumb less, and what is popular more.
        let (up, popular) = if self.is_relaunched { (0.03, 0.07) } else { (0.08, 0.02) };
        let none = Habits::default();
        let habits = match role {
            Role::Home => Habits { leave: 0.22, back: 0.02, search: 0.12, menu: 0.34, links: 0.30, ..none },
            Role::Department => Habits { leave: 0.15, back: 0.05, search: 0.06, up: 0.02, menu: 0.12, links: 0.60, ..none },
            Role::List => Habits { leave: 0.17, back: 0.06, search: 0.05, up: 0.04, menu: 0.10, next: 0.10, links: 0.48, ..none },
            Role::Product => Habits { leave: 0.40, back: 0.22, search: 0.06, menu: 0.07, next: 0.02, links: 0.13, up, popular },
            Role::Cart => Habits { leave: 0.34, back: 0.10, menu: 0.14, next: 0.40, popular: 0.02, ..none },
            Role::Checkout => Habits { leave: 0.14, back: 0.05, up: 0.03, menu: 0.01, next: 0.77, ..none },
            Role::Thanks => Habits { leave: 0.78, menu: 0.10, links: 0.12, ..none },
            Role::Account => Habits { leave: 0.40, up: 0.10, menu: 0.20, links: 0.30, ..none },
            Role::Text => Habits { leave: 0.55, back: 0.15, search: 0.03, menu: 0.15, up: 0.05, links: 0.20, ..none },
        };
        match visitor {
            Visitor::Searcher => Habits { leave: habits.leave * 2.5, ..habits },
            Visitor::Wanderer => habits,
            // What was put into the cart is there without a navigation; the page then offers to go there.
            Visitor::Determined if role == Role::Product => Habits { leave: 0.20, next: 0.26, ..habits },
            Visitor::Determined => Habits { leave: habits.leave * 0.5, next: habits.next * 1.3, ..habits },
        }
    }

    fn pass(&mut self, navigations: usize) {
        while self.turns < navigations / TURN {
            self.turns += 1;
            self.drift();
            self.stock();
        }
    }

    fn relaunch(&mut self) {
        self.is_relaunched = true;
        for _ in 0..PRODUCTS / 6 {
            self.swap();
        }
        self.build();
    }
}
