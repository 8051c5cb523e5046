# fish completion for aerotool. What may come next is asked of the binary itself (aerotool __complete), so that
# this cannot differ from what it takes.

# A word without its quotes, one of which may still be open. Fails where it cannot be told.
function __aerotool_unquote --argument-names word
    string unescape -- $word
    or string unescape -- "$word'"
    or string unescape -- "$word\""
end

# The tilde that the shell would have expanded.
function __aerotool_expand --argument-names word
    if string match -q -- '~/*' $word
        echo -- $HOME(string sub -s 2 -- $word)
    else
        echo -- $word
    end
end

# Prints the files whose names begin with the first argument: directories, and what has one of the extensions
# that follow. Where there is none of these, or no extension is given, any file.
function __aerotool_files --argument-names typed
    set -l extensions $argv[2..]
    set -l start (__aerotool_expand $typed)
    set -l behind (math (string length -- "$start") + 1)
    set -l all
    set -l preferred
    for path in $start*
        set -l shown $typed(string sub -s $behind -- $path)
        if test -d $path
            set -a all $shown/
            set -a preferred $shown/
            continue
        end
        set -a all $shown
        for extension in $extensions
            if string match -q -- "*$extension" $path
                set -a preferred $shown
            end
        end
    end
    if set -q extensions[1]; and set -q preferred[1]
        set all $preferred
    end
    if set -q all[1]
        printf '%s\n' $all
    end
end

function __aerotool_complete
    # fish 4 expands words; before it, they are only unquoted.
    set -l words (commandline -xpc 2>/dev/null; or commandline -opc)
    while contains -- $words[1] and command exec not or time
        set -e words[1]
    end
    set -l typed (__aerotool_unquote (commandline -ct))
    or return
    set -l asked
    for word in $words
        set -a asked (__aerotool_expand $word)
    end
    for line in ($asked[1] __complete $asked[2..] $typed 2>/dev/null)
        if string match -q ':files*' -- $line
            # Behind --output= it is the value that is a file.
            set -l option (string match -r -- '^--[^=]*=' $typed; or echo)
            set -l value (string sub -s (math (string length -- "$option") + 1) -- $typed)
            for path in (__aerotool_files $value (string split -n \t -- (string sub -s 7 -- $line)))
                echo -- $option$path
            end
        else
            echo -- $line
        end
    end
end

complete -c aerotool -f -k -a '(__aerotool_complete)'
