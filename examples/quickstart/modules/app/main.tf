# One instance of the app: a real process on this machine, started on create and stopped on destroy.

variable "stack" {
  description = "The name of the app's stack, under which it reports its phases."
  type        = string
}

variable "app_version" {
  description = "The version of the app."
  type        = string
}

variable "port" {
  description = "The port of the app, on the loopback address."
  type        = number
}

variable "licence" {
  description = "\"present\", or \"missing\" for an app that listens but never becomes ready."
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
