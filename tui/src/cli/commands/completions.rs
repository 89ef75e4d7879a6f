//! `jiti completions SHELL`

use clap::Args;
use clap_complete::Shell;

use crate::cli::ui::Ui;
use crate::error::CommandError;

/// Print a completion script for a shell
///
/// Bash: `source <(jiti completions bash)`. For zsh, fish, elvish and PowerShell, see the shell's
/// manual for where to put the script. Bash, zsh and fish complete the names of stacks too, from a
/// ledger on this machine.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the script for `program`, the definition of the whole command line.
pub(crate) fn run(
    arguments: &Arguments,
    program: &mut clap::Command,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    // The generator panics if its reader closes the pipe, so it writes into memory first.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, program, "jiti", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let script = match arguments.shell {
        Shell::Bash => script + BASH,
        Shell::Zsh => zsh(&script),
        Shell::Fish => script + FISH,
        _ => script,
    };
    ui.raw(script.as_bytes())
}

/// Completes the names of stacks after the generated function has completed everything else. Bash
/// splits words at colons too, and then replaces only the part after the last one.
const BASH: &str = r#"
_jiti_with_stacks() {
    _jiti "$@"
    local name split words line="${COMP_LINE:0:COMP_POINT}"
    read -a words <<< "$line"
    [[ "$line" == *[[:space:]] ]] && words+=("")
    local last="${words[${#words[@]}-1]}" part="${COMP_WORDS[COMP_CWORD]}"
    [[ "$part" == [:=] ]] && part=""
    split="${last%"$part"}"
    [[ "$last" == *[:=]* ]] || split=""
    local -a names=()
    while IFS= read -r name; do
        names+=("$(printf '%q' "${name#"$split"}")")
    done < <("${COMP_WORDS[0]}" complete-stacks -- "${words[@]:1}" 2>/dev/null)
    if [[ ${#names[@]} -gt 0 ]]; then
        COMPREPLY=("${names[@]}")
    fi
    return 0
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _jiti_with_stacks -o nosort -o bashdefault -o default jiti
else
    complete -F _jiti_with_stacks -o bashdefault -o default jiti
fi
"#;

/// Completes the names of stacks wherever the program says that one is needed.
const FISH: &str = r#"
function __fish_jiti_stacks
    set -l words (commandline -opc) (commandline -ct)
    command $words[1] complete-stacks -- $words[2..-1] 2>/dev/null
end
complete -c jiti -n "not __fish_jiti_needs_command" -f -a "(__fish_jiti_stacks)"
"#;

/// The function that completes the names of stacks. It reads the line itself, because the generated
/// code has removed the words before the command.
const ZSH: &str = r#"
_jiti_stacks() {
    local -a line names
    line=("${(@Q)${(z)LBUFFER}}")
    [[ "$LBUFFER" == *[[:space:]] ]] && line+=("")
    line=("${(@)line[${line[(I)(jiti|*/jiti)]}+1,-1]}")
    names=("${(@f)$(command jiti complete-stacks -- "${line[@]}" 2>/dev/null)}")
    names=("${(@)names:#}")
    compadd -a names
}
"#;

/// Replaces the completion of arguments that take the name of a stack in zsh's script.
fn zsh(script: &str) -> String {
    let is_name = |line: &str| {
        let positional = ["':name -- ", "'::name -- ", "'*::name", "'*:name"];
        positional.iter().any(|begin| line.starts_with(begin)) || line.contains("]:NAME:")
    };
    let mut lines = Vec::new();
    for line in script.lines() {
        lines.push(match line.strip_suffix(":_default' \\") {
            Some(rest) if is_name(line) => format!("{rest}:_jiti_stacks' \\"),
            _ => line.to_owned(),
        });
        // The function has to exist before the script calls the generated one.
        if line.starts_with("autoload ") {
            lines.push(ZSH.to_owned());
        }
    }
    lines.join("\n") + "\n"
}
