// What a shell loads to complete `postern`. All three ask the command itself (`postern __complete`), so that nothing in
// them is out of date after an upgrade. An answer is a line for each word, its meaning after a tab, or `:files`.

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

const bash = `# bash completion of postern, for ~/.bashrc: source <(postern completion bash)
_postern() {
  local line=\${COMP_LINE:0:COMP_POINT} current word candidate meaning
  local -a words
  COMPREPLY=()
  # Of bash's own words an address or --role=reader would be several.
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]}-1]}
  word=\${current##*[$COMP_WORDBREAKS]}
  while IFS=$'\\t' read -r candidate meaning; do
    if [[ $candidate == :files ]]; then
      type compopt &> /dev/null && compopt -o default
      return
    fi
    COMPREPLY+=("\${candidate#"\${current%"$word"}"}")
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -F _postern postern
`

const zsh = `#compdef postern
# zsh completion of postern, for ~/.zshrc after compinit: source <(postern completion zsh)
_postern() {
  local line tab=$'\\t'
  local -a found
  for line in "\${(@f)$(postern __complete -- "\${(@)words[2,CURRENT-1]}" "$PREFIX" 2> /dev/null)}"; do
    [[ $line == :files ]] && { _files; return }
    [[ -n $line ]] && found+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}")
  done
  _describe postern found
}
# As a file in $fpath it is the function; sourced, it has to say so.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _postern "$@"
else
  compdef _postern postern
fi
`

const fish = `# fish completion of postern, for ~/.config/fish/completions/postern.fish
function __postern_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (postern __complete -- $words[2..-1] "$current" 2> /dev/null)
    if test "$line" = :files
      __fish_complete_path "$current"
      return
    end
    echo $line
  end
end
complete -c postern -f -a '(__postern_complete)'
`

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash, zsh, fish }
