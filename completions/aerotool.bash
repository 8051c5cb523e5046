# bash completion for aerotool. What may come next is asked of the binary itself (aerotool __complete), so that
# this cannot differ from what it takes. It needs nothing of the package bash-completion.
# shellcheck shell=bash

# Reads a command line as the shell would, but expands nothing: what is being typed is not to be run.
# Sets words to the words without their quotes, the last being typed; open to the quote that is open at the end,
# if any; and cut to how many characters of the last word readline keeps: it replaces what follows an open quote,
# else what follows the last word break, which for readline is also a colon or an equals sign.
_aerotool_read_line() {
  local line=$1 word='' begun='' escaped='' break_cut=0 character i
  words=() open='' cut=0
  for ((i = 0; i < ${#line}; ++i)); do
    character=${line:i:1}
    if [[ $escaped ]]; then
      # Between double quotes a backslash stands for itself, but before these.
      if [[ $open && $character != [\"\\\$\`] ]]; then word+=\\; fi
      word+=$character escaped=''
    elif [[ $character == \\ && $open != \' ]]; then
      escaped=1 begun=1
    elif [[ $open && $character == "$open" ]]; then
      open='' cut=$break_cut
    elif [[ $open ]]; then
      word+=$character
    elif [[ $character == [\"\'] ]]; then
      open=$character cut=${#word} begun=1
    elif [[ $character == [[:space:]] ]]; then
      if [[ $begun ]]; then words+=("$word"); fi
      word='' begun='' cut=0 break_cut=0
    else
      word+=$character begun=1
      if [[ $COMP_WORDBREAKS == *"$character"* ]]; then cut=${#word} break_cut=${#word}; fi
    fi
  done
  words+=("$word")
}

# Sets quoted to a text as it has to be typed behind what is open: nothing, ' or ". Readline closes the quote, but
# not where the text ends in one already.
_aerotool_quote() {
  # The backslash comes first, so that those that are added are not doubled.
  local specials='\ "'\''$`&;|<>()[]{}*?!#~^' i
  quoted=$1
  case $2 in
    \')
      quoted=${quoted//\'/"'\\''"}
      if [[ $1 == *\' ]]; then quoted=${quoted%\'}; fi
      return
      ;;
    \") specials='\"$`' ;;
  esac
  for ((i = 0; i < ${#specials}; ++i)); do
    quoted=${quoted//"${specials:i:1}"/"\\${specials:i:1}"}
  done
  # History expansion takes place between double quotes too, and there is no escape from it there.
  if [[ $2 == \" ]]; then
    quoted=${quoted//!/'"\!"'}
    if [[ $1 == *! ]]; then quoted+=\"; fi
    if [[ $1 == *\" ]]; then quoted=${quoted%'\"'}'"\"'; fi
  fi
}

# Prints the files whose names begin with $1: directories, and what has one of the extensions that follow. Where
# there is none of these, or no extension is given, any file.
_aerotool_files() {
  local typed=$1 start=$1 path extension
  local -a all=() preferred=()
  shift
  if [[ $typed == \~/* ]]; then start=$HOME${typed:1}; fi
  # The user's settings are not those that are needed here, and this is a subshell.
  shopt -s nullglob
  shopt -u dotglob failglob nocaseglob
  set +f
  unset GLOBIGNORE
  for path in "$start"*; do
    all+=("$typed${path:${#start}}")
    if [[ -d $path ]]; then
      preferred+=("${all[@]: -1}")
      continue
    fi
    for extension; do
      if [[ $path == *"$extension" ]]; then preferred+=("${all[@]: -1}"); fi
    done
  done
  if [[ $# -gt 0 && ${#preferred[@]} -gt 0 ]]; then all=("${preferred[@]}"); fi
  if [[ ${#all[@]} -gt 0 ]]; then printf '%s\n' "${all[@]}"; fi
}

_aerotool() {
  local open cut typed option line path quoted i
  local -a words extensions
  COMPREPLY=()
  _aerotool_read_line "${COMP_LINE:0:COMP_POINT}"
  if [[ ${#words[@]} -lt 2 ]]; then return; fi
  typed=${words[${#words[@]} - 1]}
  # The shell would have expanded the tilde of a model's path.
  for ((i = 0; i + 1 < ${#words[@]}; ++i)); do
    if [[ ${words[i]} == \~/* ]]; then words[i]=$HOME${words[i]:1}; fi
  done
  while IFS= read -r line; do
    if [[ $line == :files* ]]; then
      IFS=$'\t' read -r -a extensions <<<"${line#:files}"
      option=''
      if [[ $typed == --*=* ]]; then option=${typed%%=*}=; fi
      # So readline quotes the names, and marks directories.
      compopt -o filenames 2>/dev/null
      while IFS= read -r path; do
        path=$option$path
        COMPREPLY+=("${path:cut}")
      done < <(_aerotool_files "${typed#"$option"}" "${extensions[@]}")
      continue
    fi
    line=${line%%$'\t'*}
    line=${line:cut}
    # Most names need no quotes, and a model may have a hundred thousand.
    if [[ $line == *[!A-Za-z0-9_.,/@%+-]* ]]; then
      _aerotool_quote "$line" "$open"
      line=$quoted
    fi
    COMPREPLY+=("$line")
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}

complete -F _aerotool aerotool
