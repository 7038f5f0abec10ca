package schema

// beyond are the files of ../testdata/mistakes that a schema takes for good,
// each with the reason. All of them `tailback check` refuses.
var beyond = reasons(map[string][]string{
	"a schema sees no other file and no variable": {
		"replay_folder.yaml", "replay_missing.yaml", "replay_not_a_log.yaml", "replay_limit.yaml", "replay_objective.yaml",
		"client_cert_encrypted.yaml", "client_cert_encrypted_ec.yaml", "client_cert_key_missing.yaml", "client_cert_key_not_pem.yaml",
		"client_cert_missing.yaml", "client_cert_not_pem.yaml", "client_cert_other_key.yaml",
		"body_file_folder.yaml", "body_file_missing.yaml", "ca_file_missing.yaml", "ca_file_not_pem.yaml", "header_secret_newline.yaml",
		"http_error_secret.yaml", "secret_env_unset.yaml", "secret_file_empty.yaml", "secret_file_missing.yaml",
	},
	"nor the rows of data": {
		"data_empty.yaml", "data_head.yaml", "data_lacks.yaml", "data_list.yaml", "data_long.yaml", "data_missing.yaml", "data_null.yaml",
		"data_quote.yaml", "data_secret.yaml", "data_short.yaml", "data_twice.yaml", "multipart_missing.yaml",
		"placeholder_column.yaml", "placeholder_column_far.yaml", "placeholder_header_newline.yaml",
	},
	"placeholders have a grammar": {
		"placeholder_body_file.yaml", "placeholder_dollar.yaml", "placeholder_dollar_odd.yaml", "placeholder_env.yaml", "placeholder_open.yaml",
		"placeholder_postman.yaml", "placeholder_random.yaml", "placeholder_secret.yaml", "placeholder_toml.toml", "placeholder_unknown.yaml",
		"capture_early.yaml", "capture_in_requests.yaml", "capture_others.yaml", "capture_own.yaml", "capture_unknown.yaml", "expect_placeholder.yaml",
	},
	"a schema can't say that a name is used elsewhere": {
		"placeholder_no_data.yaml", "placeholder_other_data.yaml",
		"fault_no_dependencies.yaml", "fault_unknown_dependency.yaml", "objective_phase.yaml", "objective_request.yaml", "objective_visit.yaml", "url_not_allowed.yaml", "site_status_host.yaml", "site_status_fcgi_host.yaml",
	},
	"a schema can't hold one key of two items against each other": {
		"data_duplicate.yaml", "dependency_duplicate.yaml", "dependency_host_twice.yaml", "listen_duplicate.yaml", "listen_duplicate_egress.yaml",
		"phases_duplicate.yaml", "requests_duplicate.yaml", "requests_duplicate_unnamed.yaml",
		"capture_twice.yaml", "steps_duplicate.yaml", "visits_duplicate.yaml",
	},
	"a schema can't hold two values against each other": {
		"burst_above_limit.yaml", "degraded_as_expected.yaml", "dependency_round.yaml", "dependency_round_any.yaml", "egress_round.yaml", "egress_upstream_round.yaml", "latency_jitter.yaml", "latency_ramp.yaml", "latency_short_no_step.yaml",
		"rate_above_limit.yaml", "own_rate_limit.yaml", "source_family.yaml", "source_loopback.yaml", "steps_to_nowhere.yaml",
	},
	"a schema can't count, nor add up times": {
		"data_once.yaml", "own_rate_data.yaml", "data_once_closed.yaml", "data_once_visits.yaml", "data_once_visits_closed.yaml",
		"durations_absurd.yaml", "fault_overlap.yaml", "fault_too_late.yaml", "fault_too_long.yaml", "latency_steps_too_long.yaml", "objective_windows_many.yaml",
		"reset_too_late.yaml", "steps_tiny.yaml", "steps_too_long.yaml",
	},
	"a schema can't tell how long or large a text says": {
		"duration_absurd.yaml", "latency_hours.yaml", "latency_micro.yaml", "limit_absurd.yaml",
	},
	"what a fault needs or forbids depends on its dependency, which it only names": {
		"fault_share_down.yaml", "http_error_tls.yaml",
	},
	"an objective's phase is only named, and its faults are elsewhere": {
		"objective_no_fault.yaml", "objective_onset_too_early.yaml", "objective_onset_warmup.yaml", "objective_recovered_at_end.yaml",
		"objective_recovered_too_early.yaml", "objective_warmup.yaml",
	},
	"nor tell a list's first item from the others":               {"think_first.yaml"},
	"a schema's own expressions are no RE2, and can't check one": {"degraded_regexp.yaml", "expect_regexp.yaml"},
	"php-fpm's access.format has a grammar":                      {"site_format_letter.yaml", "site_format_open.yaml", "site_format_useless.yaml", "site_format_verb.yaml"},
	"a network's address must fit its length":                    {"egress_allow.yaml"},
	"nor of sessions, which are of several parts of the file":    {"sessions_capture_of_visit.yaml", "sessions_capture_twice.yaml", "sessions_once.yaml"},
	"a reader of YAML makes text of it, or reads the first of two": {
		"binary.yaml", "date.yaml", "json_binary.yaml", "two_documents.yaml",
	},
})

func reasons(by map[string][]string) map[string]string {
	all := map[string]string{}
	for reason, files := range by {
		for _, file := range files {
			all[file] = reason
		}
	}
	return all
}
