//! The commands.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use folkmoot::config::Config;
use folkmoot::db::migrate;
use folkmoot::ops;
use folkmoot::ops::accounts;
use folkmoot::ops::moderation::{self, Act};

/// Many small allocations on many threads are most of what a request costs here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A community events server.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Settings are environment variables, or lines of a .env file:\n  \
                  DATABASE_URL=postgres://me:secret@localhost/moot SECRET_KEY=… folkmoot serve\n\n\
                  Example: folkmoot demo"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default).
    #[command(after_help = "Example: PUBLIC_URL=https://events.example.org folkmoot serve")]
    Serve,
    /// Run a server with people, events and a stand-in for Google, to try things out.
    #[command(after_help = "Example: folkmoot demo\nIts data is made anew at each start.")]
    Demo,
    /// Bring the database's schema up to date.
    #[command(
        after_help = "Example: DATABASE_URL=postgres://localhost/moot SECRET_KEY=… folkmoot migrate"
    )]
    Migrate,
    /// Look whether settings, database and keys are right, without serving.
    #[command(after_help = "Example: folkmoot check")]
    Check,
    /// Check the invariants of the data; exit 1 if one is broken.
    #[command(after_help = "Example: folkmoot verify")]
    Verify,
    /// List what people reported, or decide a report.
    #[command(after_help = "Example: folkmoot reports\n\
                            Example: folkmoot reports remove 0199d3a1-… --why \"Advertising\"")]
    Reports {
        /// Which reports are listed: open, dismissed or upheld.
        #[arg(long, default_value = "open")]
        state: String,
        #[command(subcommand)]
        decide: Option<Decide>,
    },
    /// Let a person write again who was suspended.
    #[command(after_help = "Example: folkmoot restore 0199d3a1-…")]
    Restore {
        /// The person's id.
        user_id: String,
    },
    /// Make or list administrators.
    #[command(after_help = "Example: folkmoot admin create --email ann@example.org --name Ann")]
    Admin {
        #[command(subcommand)]
        what: AdminCommand,
    },
    /// Make, list or revoke tokens of programs.
    #[command(
        after_help = "Example: folkmoot token create --name \"Door counter\" --scope events:write"
    )]
    Token {
        #[command(subcommand)]
        what: TokenCommand,
    },
    /// Show how far those have come who hear what happens, and what they refused.
    #[command(after_help = "Example: folkmoot bus")]
    Bus,
    /// Print the OpenAPI document.
    #[command(after_help = "Example: folkmoot openapi > api-docs/openapi.json")]
    Openapi,
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Make an administrator.
    #[command(
        after_help = "Example: folkmoot admin create --email ann@example.org --name Ann\n\
                            Example: echo \"$PASSWORD\" | folkmoot admin create \\\n           \
                            --email ann@example.org --name Ann --password-stdin"
    )]
    Create {
        /// What the admin signs in with.
        #[arg(long)]
        email: String,
        /// What the admin is called.
        #[arg(long)]
        name: String,
        /// super_admin, event_manager or analyst.
        #[arg(long, default_value = "super_admin")]
        role: String,
        /// Read the password from the first line of the input, instead of making one.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the administrators.
    #[command(after_help = "Example: folkmoot admin list")]
    List,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token; it is shown this once.
    #[command(
        after_help = "Example: folkmoot token create --name \"Door counter\" \\\n           \
                            --scope events:write --scope events:read --expires 2027-12-31"
    )]
    Create {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// Whose signals, workflows and webhooks it sees.
        #[arg(long)]
        project: Option<String>,
        /// events:write, events:read, workflows:write or webhooks:write; several times for several.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// The last day on which it holds, in UTC.
        #[arg(long)]
        expires: Option<String>,
    },
    /// List the tokens, without their secrets.
    #[command(after_help = "Example: folkmoot token list")]
    List,
    /// Revoke a token, at once.
    #[command(after_help = "Example: folkmoot token revoke 0199d3a1-…")]
    Revoke {
        /// The token's id, as listed.
        id: String,
    },
}

#[derive(Subcommand)]
enum Decide {
    /// Nothing is to be done.
    #[command(after_help = "Example: folkmoot reports dismiss 0199d3a1-… --why \"A joke\"")]
    Dismiss(Decided),
    /// Delete the event or comment.
    #[command(after_help = "Example: folkmoot reports remove 0199d3a1-… --why \"Advertising\"")]
    Remove(Decided),
    /// Keep whoever made it from writing, and end their sessions.
    #[command(after_help = "Example: folkmoot reports suspend 0199d3a1-… --why \"Threats\"")]
    Suspend(Decided),
}

#[derive(clap::Args)]
struct Decided {
    /// The report's id.
    id: String,
    /// What is noted with the decision.
    #[arg(long)]
    why: String,
}

fn main() -> ExitCode {
    folkmoot::install_crypto();
    let done = match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Openapi => openapi(),
        command => Config::load().and_then(|config| {
            ops::log::start(&config);
            run(command, config)
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("folkmoot: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, config: Config) -> Result<(), String> {
    match command {
        Command::Serve => rocket::execute(ops::start::serve(config)),
        Command::Demo => rocket::execute(ops::demo::serve(config)),
        Command::Migrate => migrate_up(&config),
        Command::Check => check(&config),
        Command::Verify => verify(&config),
        Command::Reports { state, decide } => reports(&config, &state, decide),
        Command::Restore { user_id } => {
            match moderation::restore(&config, &user_id)? {
                true => println!("{user_id} may write again"),
                false => println!("{user_id} was not suspended"),
            }
            Ok(())
        }
        Command::Admin { what } => admin(&config, what),
        Command::Token { what } => token(&config, what),
        Command::Bus => {
            ops::bus::list(&config)?
                .iter()
                .for_each(|line| println!("{line}"));
            Ok(())
        }
        Command::Openapi => openapi(),
    }
}

fn admin(config: &Config, what: AdminCommand) -> Result<(), String> {
    match what {
        AdminCommand::Create {
            email,
            name,
            role,
            password_stdin,
        } => {
            let password = match password_stdin {
                true => Some(first_line()?),
                false => None,
            };
            let admin = accounts::Admin {
                email,
                name,
                role,
                password,
            };
            let (id, made) = accounts::create_admin(config, admin)?;
            println!("made admin {id}");
            if let Some(password) = made {
                println!("password (shown this once): {password}");
            }
        }
        AdminCommand::List => {
            let listed = accounts::list_admins(config)?;
            match listed.is_empty() {
                true => println!("no admins; make one with: folkmoot admin create"),
                false => listed.iter().for_each(|line| println!("{line}")),
            }
        }
    }
    Ok(())
}

fn first_line() -> Result<String, String> {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| format!("the password cannot be read: {error}"))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn token(config: &Config, what: TokenCommand) -> Result<(), String> {
    match what {
        TokenCommand::Create {
            name,
            project,
            scopes,
            expires,
        } => {
            let token = accounts::Token {
                name,
                project,
                scopes,
                expires,
            };
            let (line, token) = accounts::create_token(config, token)?;
            println!("{line}");
            println!("token (shown this once): {token}");
        }
        TokenCommand::List => {
            let listed = accounts::list_tokens(config)?;
            match listed.is_empty() {
                true => println!("no tokens; make one with: folkmoot token create"),
                false => listed.iter().for_each(|line| println!("{line}")),
            }
        }
        TokenCommand::Revoke { id } => println!("{}", accounts::revoke_token(config, &id)?),
    }
    Ok(())
}

fn reports(config: &Config, state: &str, decide: Option<Decide>) -> Result<(), String> {
    let (act, Decided { id, why }) = match decide {
        Some(Decide::Dismiss(decided)) => (Act::Dismiss, decided),
        Some(Decide::Remove(decided)) => (Act::Remove, decided),
        Some(Decide::Suspend(decided)) => (Act::Suspend, decided),
        None => {
            let listed = moderation::list(config, state)?;
            match listed.is_empty() {
                true => println!("no {state} reports"),
                false => listed.iter().for_each(|line| println!("{line}")),
            }
            return Ok(());
        }
    };
    println!("{}", moderation::decide(config, &id, act, &why)?);
    Ok(())
}

fn migrate_up(config: &Config) -> Result<(), String> {
    let url = &config.database_url;
    let ran = migrate::up(url)?;
    match ran.is_empty() {
        true => println!("{url} is up to date"),
        false => println!("{url}: ran {}", ran.join(", ")),
    }
    Ok(())
}

fn check(config: &Config) -> Result<(), String> {
    for (name, found) in ops::check::run(config)? {
        println!("{name:<10} {found}");
    }
    Ok(())
}

fn verify(config: &Config) -> Result<(), String> {
    let differences = ops::verify::run(&config.database_url)?;
    match differences.first() {
        None => {
            println!(
                "{}: all counters agree with their rows",
                config.database_url
            );
            Ok(())
        }
        Some(first) => Err(first.clone()),
    }
}

fn openapi() -> Result<(), String> {
    let document = folkmoot::openapi();
    println!(
        "{}",
        document
            .to_pretty_json()
            .map_err(|error| error.to_string())?
    );
    Ok(())
}
