# The app of the quick start, a process on this machine, answers the check.
run "server" {
  module {
    source = "../../quickstart/modules/app"
  }

  variables {
    stack       = "checkout-pr-413"
    app_version = "8f3c2d1"
    port        = 18481
  }
}

run "ready" {
  variables {
    url = "http://127.0.0.1:18481/healthz"
  }

  assert {
    condition     = jiti_readiness.this.ready_at != null && output.init_seconds >= 0
    error_message = "The checks passed, so the stack is ready."
  }
}
