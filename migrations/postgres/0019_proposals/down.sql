DROP TABLE proposals;
DROP TABLE event_types;
DROP TABLE company_accounts;
