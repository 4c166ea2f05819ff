package guard

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The words that have distribution's program work on a tree.
const (
	serve          = "serve"
	garbageCollect = "garbage-collect"
)

// programs are the names that a registry's program goes by; harborProgram is
// Harbor's name for it.
var programs = []string{"registry", "docker-registry", harborProgram}

const harborProgram = "registry_DO_NOT_USE_GC"

// clients run the command in their arguments somewhere else. Where that is on
// this host it is a process of its own.
var clients = []string{"docker", "podman", "nerdctl", "kubectl", "crictl", "ssh"}

// janitor is this program. Its own garbage-collect obeys the lock on the tree.
const janitor = "regjanitor"

// suspect is a process whose arguments could be a registry's. Programs that
// wrap one (tini, an entrypoint script, sudo) hold the same words and are
// suspects too.
type suspect struct {
	pid      int
	argv     []string
	collects bool   // garbage-collect rather than serve
	config   string // as it stands in the arguments, or empty
	named    bool   // its program bears a registry's name
	bare     bool   // neither word is there: registry 2.0 and 2.1 need none
}

// recognise takes a process for a suspect by its arguments alone. The words
// have to be arguments of their own: "registry serve" as a single one is a
// shell's, and what the shell then starts is seen by itself.
func recognise(pid int, argv []string) (suspect, bool) {
	if len(argv) == 0 {
		return suspect{}, false // a thread of the kernel, or a zombie
	}
	s := suspect{pid: pid, argv: argv}
	for i, word := range argv[1:] {
		if word != serve && word != garbageCollect {
			continue
		}
		before, after := argv[:i+1], argv[i+2:]
		s.collects = word == garbageCollect
		s.named = isProgram(before[len(before)-1])
		s.config = firstOperand(after)
		return s, !s.elsewhere(before)
	}
	s.named, s.bare = isProgram(argv[0]), true
	s.config = firstOperand(argv[1:])
	return s, s.named && (len(argv) == 1 || isYAML(s.config))
}

func (s suspect) elsewhere(before []string) bool {
	for _, word := range before[:min(2, len(before))] { // sudo docker …
		if slices.Contains(clients, path.Base(word)) {
			return true
		}
	}
	return s.collects && slices.ContainsFunc(before, func(word string) bool { return path.Base(word) == janitor })
}

// likely tells whether a suspect of which no more can be learnt has to be taken
// for a registry.
func (s suspect) likely() bool { return s.named || isYAML(s.config) }

func isProgram(word string) bool { return slices.Contains(programs, path.Base(word)) }

func isYAML(name string) bool { return path.Ext(name) == ".yml" || path.Ext(name) == ".yaml" }

// firstOperand skips flags; none of the registry's takes a value of its own.
func firstOperand(words []string) string {
	for _, word := range words {
		if !strings.HasPrefix(word, "-") {
			return word
		}
	}
	return ""
}

// longestCommand is how much of a command line a message shows, in bytes.
const longestCommand = 160

// printable is a command line for people: arguments that could confuse a
// terminal or a reader are quoted.
func printable(argv []string) string {
	words := make([]string, 0, len(argv))
	for _, word := range argv {
		if quoted := strconv.Quote(word); len(quoted) != len(word)+2 || word == "" || strings.Contains(word, " ") {
			word = quoted
		}
		words = append(words, word)
	}
	line := strings.Join(words, " ")
	if len(line) > longestCommand {
		line = strings.ToValidUTF8(line[:longestCommand], "") + fmt.Sprintf("… (%d arguments)", len(argv))
	}
	return line
}
