# One instance of the app: a real process on this machine, started on create and ended on destroy.

variable "stack" {
  description = "The name of the stack it belongs to; its phases are reported under it."
  type        = string
}

variable "app_version" {
  description = "The version that runs."
  type        = string
}

variable "port" {
  description = "Where it listens, on the loopback address."
  type        = number
}

variable "licence" {
  description = "\"present\", or \"missing\" for an app that listens and never gets ready."
  type        = string
  default     = "present"
}

resource "terraform_data" "process" {
  input = {
    app    = "${abspath(path.module)}/app.py"
    folder = "${abspath(path.root)}/.terraform/${var.stack}"
  }
  triggers_replace = [var.stack, var.app_version, var.port, var.licence]

  provisioner "local-exec" {
    command = "python3 '${self.input.app}' start '${self.input.folder}'"
    environment = {
      STACK       = var.stack
      APP_VERSION = var.app_version
      PORT        = var.port
      LICENCE     = var.licence
    }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "python3 '${self.input.app}' stop '${self.input.folder}'"
  }
}
