//! Made-up texts: the same ones in every run.

/// A word that four events in ten have.
pub const COMMON_WORD: &str = "welcome";
/// A word that seeding gives to one event in [`RARE_EVERY`].
pub const RARE_WORD: &str = "zymurgy";
/// How many events there are for each that has the rare word.
pub const RARE_EVERY: u32 = 4_000;
/// The type and the city that seeding gives to one event in [`NARROWED_EVERY`], folded.
pub const TYPE: &str = "concert";
/// See [`TYPE`].
pub const CITY: &str = "oslo";
/// How many events there are for each that has them.
pub const NARROWED_EVERY: u32 = 1_000;

/// What an event says of itself, in ASCII and without quotation marks.
#[derive(Debug, Clone)]
pub struct Text {
    /// About 30 characters.
    pub title: String,
    /// About 200 characters.
    pub description: String,
    /// About 40 characters.
    pub location: String,
}

const KINDS: [&str; 12] = [
    "Open", "Friendly", "Monthly", "Evening", "Morning", "Quiet", "Great", "Little", "Public",
    "Weekly", "Winter", "Summer",
];
const PURSUITS: [&str; 24] = [
    "chess",
    "book club",
    "board games",
    "choir",
    "bread baking",
    "bicycle repair",
    "swimming",
    "stargazing",
    "knitting",
    "film night",
    "language cafe",
    "gardening",
    "poetry",
    "running",
    "life drawing",
    "seed swap",
    "jazz session",
    "pottery",
    "bird watching",
    "quiz",
    "potluck",
    "coding hour",
    "tango",
    "theatre",
];
const PLACES: [&str; 10] = [
    "in the park",
    "at the library",
    "by the river",
    "on the roof",
    "in the old town",
    "at the museum",
    "under the bridge",
    "at the harbour",
    "near the market",
    "in the garden",
];
const SENTENCES: [&str; 40] = [
    "Bring a friend and something to drink.",
    "Beginners are welcome, and so are children.",
    "We begin on time and end with soup.",
    "There is room for thirty people inside.",
    "Tea, coffee and cake are on the house.",
    "Last month we were twelve around the table.",
    "Dogs are welcome if they like company.",
    "If it rains we meet in the hall instead.",
    "The entrance is behind the blue gate.",
    "Nobody needs to know the rules beforehand.",
    "We lend tools, boards, balls and gloves.",
    "A donation of five francs keeps us going.",
    "The tram stops right in front of the door.",
    "Please tell us if you need a ramp or a lift.",
    "Photographs are taken only of those who agree.",
    "Some of us stay for a walk afterwards.",
    "Everybody is welcome, whatever they can do.",
    "The first hour is for talking, the second for doing.",
    "We speak three languages, none of them well.",
    "Old hands help new ones, that is the custom.",
    "Warm clothes are a good idea even in June.",
    "The kitchen is open until half past nine.",
    "Take your shoes off at the stairs.",
    "Our host has done this for eleven years.",
    "Seats by the window go to whoever comes first.",
    "There will be live music after the break.",
    "Parking is scarce, bicycles have a rack.",
    "Guests from other towns are welcome to stay over.",
    "Leave the place as clean as you found it.",
    "We share what everyone has brought along.",
    "A small exhibition shows what came of the last time.",
    "Questions go to the desk near the entrance.",
    "The room has a piano that wants to be played.",
    "Let us know early, the number of chairs is fixed.",
    "It is free, and it will remain so.",
    "Two volunteers explain each station.",
    "Lamps are provided, batteries are not.",
    "The minutes of the last meeting hang on the wall.",
    "At noon we eat together in the yard.",
    "Whoever is early helps to carry the benches.",
];
/// Steps through the sentences that meet none of them twice.
const STEPS: [usize; 8] = [1, 3, 7, 9, 11, 13, 17, 19];
const SYLLABLES: [&str; 20] = [
    "ba", "den", "fi", "gor", "hal", "je", "ka", "lom", "mi", "nor", "pe", "ras", "si", "tav",
    "ul", "vor", "wen", "ya", "zur", "os",
];

/// That many texts.
pub fn texts(count: usize) -> Vec<Text> {
    let mut dice = Dice(20_261_121);
    (0..count).map(|_| dice.text()).collect()
}

impl Text {
    /// The words by which the event is found, as the server would note them.
    pub fn words(&self) -> String {
        let text = format!("{} {} {}", self.title, self.description, self.location);
        let text = text.to_lowercase();
        let mut words: Vec<&str> = Vec::new();
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if !word.is_empty() && !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" ")
    }
}

/// The generator SplitMix64: a few lines, and the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % bound.max(1)
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let at = self.below(words.len());
        words.get(at).copied().unwrap_or_default()
    }

    fn name(&mut self) -> String {
        let name: String = (0..3).map(|_| self.pick(&SYLLABLES)).collect();
        let (first, rest) = name.split_at(1);
        first.to_uppercase() + rest
    }

    fn text(&mut self) -> Text {
        let (first, step) = (self.below(SENTENCES.len()), self.below(STEPS.len()));
        let step = STEPS.get(step).copied().unwrap_or(1);
        let sentences: Vec<&str> = (0..5)
            .filter_map(|n| SENTENCES.get((first + n * step) % SENTENCES.len()).copied())
            .collect();
        Text {
            title: format!(
                "{} {} {}",
                self.pick(&KINDS),
                self.pick(&PURSUITS),
                self.pick(&PLACES)
            ),
            description: sentences.join(" "),
            location: format!(
                "Upper floor, {} Street {}, {}",
                self.name(),
                1 + self.below(200),
                self.name()
            ),
        }
    }
}
