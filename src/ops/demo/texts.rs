//! The demo's longer texts: what is published, and what is asked about it.

/// A zone, and what happens there. Of each event: hours and title, place, description;
/// an empty line between two. No time before 06:00, so that no zone's clocks skip one.
pub(super) const CITIES: [(&str, &str); 10] = [
    (
        "Europe/Oslo",
        "18:00-21:00 Rust and coffee
Tim Wendelboe, Grüners gate 1, Oslo
Show what you build, or just listen. Beginners are welcome, and so are people who only
want to see what the fuss is about.

07:30-08:30 Harbour swim
Sørenga sjøbad, Oslo
Cold water, warm soup afterwards. Bring a towel and a wool hat.

17:00-22:00 Board games in the library
Deichman Bjørvika, Oslo
Forty games on the shelves; bring your own as well. We explain the rules at every table.

10:00-15:00 Forest walk to Ullevålseter
Sognsvann T-bane, Oslo
Eleven kilometres at an easy pace. We stop for waffles at the cabin. Good shoes are a
must; dogs on a leash are welcome.

19:00-21:30 Open choir rehearsal
Kulturkirken Jakob, Oslo
Folk songs in four parts. No audition and no notes needed.

12:00-14:00 Sculpture sketching
Vigelandsparken, Oslo
Pencil, paper, two hours. At the end we lay the sheets side by side and talk about them.",
    ),
    (
        "Europe/Zurich",
        "13:00-17:00 Repair café
Kornhausforum, Bern
Lamps, bicycles, trousers: we mend them together. Bring one thing each, and its screws.

09:00-18:00 Market of small gardens
Marktplatz, Basel
Seedlings, bread, cheese and music. Whoever has too many plants brings them along.

18:30-20:30 Evening rowing for beginners
Mythenquai, Zürich
Four boats, sixteen places, two patient coaches. You must be able to swim.

10:00-12:00 Reading aloud for children
Zentralbibliothek, Zürich
Stories in German, Italian and Romansh. For children from four to eight, and for those
who brought them.

14:00-17:30 Chess in the park
Parc des Bastions, Geneva
The big boards are ours for the afternoon. All strengths play; clocks are optional.

19:00-22:00 Maps and data evening
Impact Hub Viadukt, Zürich
Two short talks on open geodata, then we map footpaths together. Bring a laptop if you
have one.",
    ),
    (
        "Europe/Lisbon",
        "17:30-19:30 Tile painting
Museu Nacional do Azulejo, Lisbon
One tile, two colours, one old pattern. The tiles are fired afterwards and can be fetched
a week later.

08:00-09:30 Riverside run
Praça do Comércio, Lisbon
Eight kilometres along the Tejo. Nobody is left behind.

20:00-22:30 Fado for listeners
Largo do Chafariz de Dentro, Lisbon
A short introduction to the words, then an hour of singing. Please be there on time.

11:00-13:00 Language exchange
Jardim da Estrela, Lisbon
Half an hour in Portuguese, half an hour in your language, then the partners change.

15:00-18:00 Photo walk through Alfama
Miradouro de Santa Luzia, Lisbon
Any camera will do. This time we look for doors and shadows.

19:00-21:00 Women in tech meetup
Biblioteca de Alcântara, Lisbon
Three talks of ten minutes and a long break. First-time speakers get help with their
slides.",
    ),
    (
        "America/New_York",
        "20:00-23:00 Night walk with telescopes
Prospect Park, Brooklyn, New York
Jupiter and its moons, if the clouds allow. Three telescopes go round. Dress warmly.

18:30-20:30 Poetry open mic
Bryant Park Reading Room, New York
Five minutes each, your own words or someone else's. Sign up at the door.

10:00-13:00 Shoreline cleanup
Coney Island Beach, New York
Gloves and bags are there. Last time we filled ninety bags in three hours.

12:30-13:30 Lunch-hour sketch club
The Met Cloisters, New York
We draw one thing for an hour and go back to work.

19:00-21:00 Accessible web, hands on
Brooklyn Public Library, Central Library, New York
We open well-known sites with a screen reader and note what we find. Then we mend one of
them together.

14:00-17:00 Pickup frisbee
Sheep Meadow, Central Park, New York
Mixed teams, short games, all levels. Bring one light and one dark shirt.",
    ),
    (
        "America/Sao_Paulo",
        "16:00-19:00 Samba percussion workshop
Praça Roosevelt, São Paulo
Surdo, caixa, agogô: try all three. Instruments are there, and the rhythm comes by itself.

09:30-11:30 Bike ride on the open avenue
MASP, Avenida Paulista, São Paulo
The avenue belongs to bicycles and feet. We ride it twice and end with fresh juice.

19:30-22:00 Short films from the neighbourhood
Cinemateca Brasileira, São Paulo
Seven films, none longer than twelve minutes. The directors are there for questions.

10:00-12:30 Urban garden morning
Centro Cultural, Rua Vergueiro, São Paulo
We water, weed and plant on the roof. Everyone takes some herbs home.

18:30-21:00 Python study group
Sesc Avenida Paulista, São Paulo
Chapter six: dictionaries. Whoever solved the exercises shows how.

13:00-16:00 Book swap
Parque Ibirapuera, São Paulo
Bring three books, take three books. What is left goes to a school library.",
    ),
    (
        "Africa/Lagos",
        "17:00-20:00 Afrobeat listening session
Freedom Park, Lagos
Vinyl from the seventies, and the stories behind it. Bring a record if you have one.

10:00-14:00 Startup clinic
Co-Creation Hub, Yaba, Lagos
Half an hour with someone who has done it before: law, money, design, code. Please write
your question below so that we can match you.

07:00-09:00 Canopy walk
Lekki Conservation Centre, Lagos
We start early, before it gets hot. Monkeys are likely; feeding them is not allowed.

15:00-18:00 Scrabble afternoon
National Library, Yaba, Lagos
Five rounds for practice, with clocks. Newcomers sit next to a veteran.

12:00-15:00 Jollof cook-along
Tafawa Balewa Square, Lagos
Four pots, four recipes, one long table. Vegetarians get a pot of their own.

18:00-20:30 Design critique night
Alliance Française, Mike Adenuga Centre, Lagos
Show one screen or one poster. Kind words first, then useful ones.",
    ),
    (
        "Africa/Nairobi",
        "06:30-09:00 Bird walk
Nairobi Arboretum, Nairobi
We counted fifty-two species last year. Binoculars are shared.

17:30-20:00 Mobile developers meetup
iHub, Nairobi
One talk about offline-first apps, then questions until the tea is gone.

10:00-12:00 Tree planting
Karura Forest, Limuru Road gate, Nairobi
Three hundred seedlings wait for us. Wear clothes that may get muddy.

14:00-17:00 Storytelling circle
Kenya National Theatre, Nairobi
Stories in Swahili and English. Tell one of your own, or only listen.

18:00-21:00 Community radio workshop
Goethe-Institut, Nairobi
We record, cut and broadcast a five-minute piece. No experience needed.

09:00-13:00 Mountain bike loop
Ngong Hills, Nairobi
Twenty-five kilometres with wind. Helmets are required, and two litres of water each.",
    ),
    (
        "Asia/Kolkata",
        "07:00-08:30 Yoga under the trees
Cubbon Park, Bengaluru
A gentle hour for all ages. Bring a mat or a towel.

18:30-21:00 Open source contributors' night
Bangalore International Centre, Bengaluru
Pick an issue, find a partner, send a patch. Maintainers of four projects are in the room.

16:00-19:00 Street food walk
Chandni Chowk Metro Station, Delhi
Nine stops, small portions, plenty of water. Tell us what you do not eat.

10:30-13:00 Heritage walk
Gateway of India, Mumbai
From the harbour to Kala Ghoda on foot. An architect tells what the façades hide.

17:00-19:30 Evening of classical strings
Rabindra Sadan, Kolkata
Sitar, sarod and violin, played by students and their teachers.

15:00-17:00 Kite making
Law Garden, Ahmedabad
Paper, bamboo, glue and a lot of string. We fly them before sunset.",
    ),
    (
        "Asia/Tokyo",
        "14:00-16:30 Tea and calligraphy
Nezu Museum, Tokyo
A bowl of tea, a brush, one character. Ink washes out, but dark clothes are wiser.

19:00-21:30 Rails and Rust, side by side
Shibuya Scramble Square, Tokyo
Two teams solve the same task. Talks in Japanese, slides in English.

08:00-11:00 Morning hike
Takaosanguchi Station, Tokyo
Up by trail six along the stream, down by cable car if you like. Back in time for lunch.

11:00-15:00 Picnic by the pond
Inokashira Park, Tokyo
Everybody brings one dish for four. Blankets are there.

18:00-20:00 Sign language café
Musashino Place, Tokyo
We order, chat and laugh without a sound. Beginners get a small sheet of signs.

13:00-17:00 Tabletop role playing for newcomers
Arts Chiyoda, Tokyo
Three tables, ready-made heroes, stories that end the same day.",
    ),
    (
        "Australia/Sydney",
        "06:30-08:00 Ocean pool swim
Wylie's Baths, Coogee, Sydney
Laps or floating, as you like. Coffee on the boardwalk after.

10:00-12:30 Native plants walk
Royal Botanic Garden, Sydney
A ranger shows what can be eaten and what should rather not be. Bring a hat and water.

18:00-20:30 Data for good
State Library of New South Wales, Sydney
A charity brings its numbers and we bring questions. Spreadsheets count as much as code.

15:00-18:00 Backyard cricket
Centennial Park, Sydney
Tennis ball, taped bat, house rules. Children bat first.

19:00-21:30 Trivia for the animal shelter
Town Hall, Marrickville, Sydney
Tables of six; come alone and we find you one. All proceeds go to the shelter.

09:00-12:00 Bread baking
Carriageworks, Eveleigh, Sydney
From starter to crust in one morning. You take home a loaf and a jar of starter.",
    ),
];

/// A remark that does not belong there, and why the organiser reports it.
pub(super) const ADVERT: (&str, &str) = (
    "Binoculars at half price, this week only! Write to me, or order them at\n\
     https://bargains.example/binoculars",
    "Advertising. We lend out telescopes, and nobody needs to buy anything.",
);

/// Why somebody reports an event that nothing is wrong with.
pub(super) const COMPLAINT: &str = "Four pots, and not one of them is as my mother makes it.";

/// What somebody asks, and what the organiser answers. `{city}` and `{from}` stand for the
/// event's, `{guest}` and `{host}` for first names.
pub(super) const QUESTIONS: [(&str, &str); 17] = [
    (
        "Is it all right to come half an hour late? My train arrives at {from}.",
        "Of course, {guest}. Just look for us, we will be easy to find.",
    ),
    (
        "Can I bring my sister? She is in {city} that week.",
        "Please do! The more, the merrier.",
    ),
    (
        "Do I need to sign up somewhere?",
        "No, just come. A short word here helps me to plan, that is all.",
    ),
    (
        "What is the easiest way there without a car?",
        "There is a stop close by.\nI will be at the exit a quarter of an hour before {from}.",
    ),
    (
        "Does it take place in any weather?",
        "Yes. If there is a storm, I will write here before noon.",
    ),
    (
        "How many people usually come?",
        "Between twelve and twenty. Enough to have fun, few enough to learn all the names.",
    ),
    (
        "I use a wheelchair. Are there any steps on the way in?",
        "Thanks for asking, {guest}. I am going there on my way home to check, and I will \
         write you tonight.",
    ),
    (
        "Is there anything that I can bring?",
        "Something to drink, and something small to share if you like.",
    ),
    (
        "Hi {host}, is English fine? My other languages are still in the making.",
        "English is fine! Half of us learn something new every time, words included.",
    ),
    (
        "Would this suit a twelve-year-old?",
        "Yes, if an adult comes along. We had two last time and they had a good time.",
    ),
    (
        "Does it cost anything?",
        "Nothing. There is a box for donations, and it is no problem to pass it on.",
    ),
    (
        "I have never done this before. Would I slow you down?",
        "Not at all. Everybody had a first time, {guest}, and we remember ours well.",
    ),
    (
        "May I take photos?",
        "Yes, but please ask first whoever is in them.",
    ),
    (
        "Is {from} when it begins, or when we meet?",
        "We meet at {from} and begin ten minutes later.",
    ),
    (
        "Could somebody share a ride from the main station?",
        "I can take three.\n\nWrite me when you arrive, and wait near the taxis.",
    ),
    (
        "Will there be another one next month? I am away on that day.",
        "I hope so! I will announce it here as soon as I know the date.",
    ),
    (
        "Can I leave early? I have to be home for dinner.",
        "Sure, come and go as you need to.",
    ),
];
