terraform import jiti_stack.this checkout-pr-412
