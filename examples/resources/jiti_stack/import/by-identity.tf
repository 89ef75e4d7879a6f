import {
  to = jiti_stack.this
  identity = {
    name = "checkout-pr-412"
  }
}
