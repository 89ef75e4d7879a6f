//! The only integration test binary of this package. Every file in this folder is a module here.
//!
//! `#[cfg(test)]` tells clippy that helpers in these files may panic.

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod shelf;
#[cfg(test)]
mod test_acceptance;
#[cfg(test)]
mod test_actions;
#[cfg(test)]
mod test_apply_errors;
#[cfg(test)]
mod test_client_features;
#[cfg(test)]
mod test_consistency;
#[cfg(test)]
mod test_crashes;
#[cfg(test)]
mod test_ephemeral;
#[cfg(test)]
mod test_equivalents;
#[cfg(test)]
mod test_fuzz;
#[cfg(test)]
mod test_generate_config;
#[cfg(test)]
mod test_identity;
#[cfg(test)]
mod test_list;
#[cfg(test)]
mod test_mail;
#[cfg(test)]
mod test_minimal;
#[cfg(test)]
mod test_model;
#[cfg(test)]
mod test_model_blocks;
mod test_model_docs;
#[cfg(test)]
mod test_model_errors;
#[cfg(test)]
mod test_model_schema;
#[cfg(test)]
mod test_model_walk;
#[cfg(test)]
mod test_options;
#[cfg(test)]
mod test_plan_nested;
#[cfg(test)]
mod test_plan_steps;
#[cfg(test)]
mod test_protos;
#[cfg(test)]
mod test_registration;
#[cfg(test)]
mod test_rules;
#[cfg(test)]
mod test_runner;
#[cfg(test)]
mod test_secrets;
#[cfg(test)]
mod test_server;
#[cfg(test)]
mod test_server_terraform;
#[cfg(test)]
mod test_sets;
#[cfg(test)]
mod test_stop;
#[cfg(test)]
mod test_timeouts;
#[cfg(test)]
mod test_transport_calls;
#[cfg(test)]
mod test_transport_end;
#[cfg(test)]
mod test_transport_handshake;
#[cfg(test)]
mod test_transport_log;
#[cfg(test)]
mod test_transport_terraform;
#[cfg(test)]
mod test_transport_tls;
#[cfg(test)]
mod test_unknown_blocks;
#[cfg(test)]
mod test_validate;
#[cfg(test)]
mod test_value_dynamic;
#[cfg(test)]
mod test_value_number;
#[cfg(test)]
mod test_wire_errors;
#[cfg(test)]
mod test_wire_hostile;
#[cfg(test)]
mod test_wire_json;
#[cfg(test)]
mod test_wire_messages;
#[cfg(test)]
mod test_wire_round_trip;
#[cfg(test)]
mod test_wire_vectors;
#[cfg(test)]
mod test_write_only_versions;
