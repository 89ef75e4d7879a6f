//! The shared ledger: the contract of every ledger on a DynamoDB test server and on moto.

#[path = "../stack/tests/ledger_contract.rs"]
mod contract;

use self::contract::ledger_contract;

ledger_contract!(test_server, e2e::dynamodb::on_the_test_server);
ledger_contract!(moto, e2e::dynamodb::on_moto);
