//! What tokens open, how they are come by, and how it is when many try in vain.

use super::{Bench, count};
use crate::accounts::{self, ADMINS, PROPOSALS};
use crate::client::Call;
use crate::flood::{self, FLOODS, Flood};
use crate::loads::{self, SIGN_IN, TOKEN_READ, TOKEN_READ_ADMINS};
use crate::server::Server;
use crate::wrk::{CONNECTIONS, Load};

/// Fewest seconds of `sign-in`: one sign-in of 64 takes seconds, and a turn is half of this.
const SIGN_IN_SECONDS: u64 = 20;

impl Bench {
    /// Measures what is read with a bearer token.
    pub(super) fn read_by_token(&mut self, server: &Server) -> Result<(), String> {
        if self.options.wants(TOKEN_READ) {
            let load = loads::token_read(&accounts::proposals(server.address)?);
            self.check_page(server, &load, &format!("\"size\":{PROPOSALS},"), 1)?;
            self.check_page(server, &load, "\"proposedDates\":", 10)?;
            self.measure(server, &load)?;
        }
        if self.options.wants(TOKEN_READ_ADMINS) {
            let load = loads::token_read_admins(&accounts::admins(server.address)?);
            self.check_page(server, &load, "\"admin_id\":", ADMINS)?;
            self.measure(server, &load)?;
        }
        Ok(())
    }

    /// Looks whether a page shows what was made for it.
    pub(super) fn check_page(
        &mut self,
        server: &Server,
        load: &Load,
        text: &str,
        times: usize,
    ) -> Result<(), String> {
        let path = load.paths.first().map_or("/", String::as_str);
        let call = Call {
            token: &load.bearer,
            ..Call::get(path)
        };
        let shown = count(&call.succeed(server.address)?.body, text);
        if shown != times {
            let name = &load.name;
            self.report.failures.push(format!(
                "{name}: the page has {text} {shown} times, not {times}"
            ));
        }
        Ok(())
    }

    /// Measures sign-ins, and what a flood of wrong ones does; gives the next server.
    pub(super) fn sign_in(&mut self, mut server: Server, ids: &[String]) -> Result<Server, String> {
        if self.options.wants(SIGN_IN) {
            server = self.sign_all_in(server)?;
        }
        for flood in FLOODS {
            if self.options.wants(flood.name) {
                server = self.flood(server, flood, ids)?;
            }
        }
        Ok(server)
    }

    /// Measures sign-ins with the right passwords, on a server that did nothing else before.
    fn sign_all_in(&mut self, server: Server) -> Result<Server, String> {
        eprintln!("signing {CONNECTIONS} accounts up");
        let credentials = accounts::organisers(CONNECTIONS, server.address)?;
        server.stop()?;
        let server = self.setup.start()?;
        let before = server.memory()?;
        let seconds = self.options.seconds.max(SIGN_IN_SECONDS);
        self.measure_for(seconds, &server, &loads::sign_in(credentials))?;
        let (after, most) = (server.memory()?, server.most_memory()?);
        self.report.notes.push(format!(
            "{SIGN_IN}: resident memory {before:.1} MB before, {after:.1} MB after, {most:.1} MB \
             at most"
        ));
        Ok(server)
    }

    /// Measures a flood on a server with limits; gives the next one, without.
    fn flood(&mut self, server: Server, flood: Flood, ids: &[String]) -> Result<Server, String> {
        eprintln!("{}", flood.name);
        server.stop()?;
        flood::forget(&self.setup.url)?;
        let server = self.setup.start_with(&flood::SETTINGS)?;
        let (seconds, around) = (self.options.seconds, (&*self.folder, &self.watchdog));
        let found = flood.measure(&server, ids, seconds, around)?;
        server.stop()?;
        self.report.notes.extend(found.notes());
        self.report.failures.extend(found.failures());
        self.setup.start()
    }
}
