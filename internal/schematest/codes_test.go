package schematest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSchemasListTheCodes compares the enums of the schemas with the codes that
// the source can raise.
func TestSchemasListTheCodes(t *testing.T) {
	common, err := Load("common.json")
	if err != nil {
		t.Fatal(err)
	}
	used := codesInSource(t)
	for def, codes := range used {
		slices.Sort(codes)
		part, _ := common["$defs"].(map[string]any)[def].(map[string]any)
		if diff := cmp.Diff(words(part["enum"]), slices.Compact(codes)); diff != "" {
			t.Errorf("%s in common.json (-) and the source (+) differ:\n%s", def, diff)
		}
	}
	for _, def := range []string{"refusal_code", "error_code", "doubt_code", "failure_code", "warning_code"} {
		if len(used[def]) == 0 {
			t.Errorf("no %s is found in the source: has the way to raise one changed?", def)
		}
	}
}

// codesInSource finds codes by the forms in which they are raised.
func codesInSource(t *testing.T) map[string][]string {
	codes := map[string][]string{}
	add := func(def string, e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			code, _ := strconv.Unquote(lit.Value)
			codes[def] = append(codes[def], code)
		}
	}
	top := filepath.Dir(filepath.Dir(Dir()))
	for _, root := range []string{"cmd/regjanitor", "internal"} {
		err := filepath.WalkDir(filepath.Join(top, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool { codesIn(file.Name.Name, n, add); return true })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return codes
}

func codesIn(pkg string, n ast.Node, add func(def string, e ast.Expr)) {
	switch n := n.(type) {
	case *ast.CallExpr:
		callee, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || len(n.Args) < 3 {
			return
		}
		on, _ := callee.X.(*ast.Ident)
		switch {
		case on != nil && on.Name == "refusal" && callee.Sel.Name == "New":
			add("refusal_code", n.Args[0])
		case pkg == "graph" && callee.Sel.Name == "doubt":
			add("doubt_code", n.Args[0])
		case pkg == "sweep" && callee.Sel.Name == "fail":
			add("failure_code", n.Args[0])
		case callee.Sel.Name == "warn", pkg == "graph" && callee.Sel.Name == "notice":
			add("warning_code", n.Args[0])
		}
	case *ast.FuncDecl: // words for what an operation failed with
		if name := pkg + "." + n.Name.Name; name != "store.Word" && name != "trash.codeOf" {
			return
		}
		ast.Inspect(n, func(n ast.Node) bool {
			if ret, ok := n.(*ast.ReturnStmt); ok {
				add("failure_code", ret.Results[0])
			}
			return true
		})
	case *ast.CompositeLit:
		literal(pkg, n, add)
	}
}

// literal knows the structs with a code in them.
func literal(pkg string, n *ast.CompositeLit, add func(def string, e ast.Expr)) {
	if m, ok := n.Type.(*ast.MapType); ok && pkg == "graph" {
		if _, ok := m.Value.(*ast.StructType); ok { // manifestProblems, linkProblems
			for _, e := range n.Elts {
				add("doubt_code", e.(*ast.KeyValueExpr).Value.(*ast.CompositeLit).Elts[0])
			}
		}
		return
	}
	fields := map[string]ast.Expr{}
	for _, e := range n.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				fields[key.Name] = pair.Value
			}
		}
	}
	switch typ := n.Type.(type) {
	case *ast.SelectorExpr:
		switch typ.Sel.Name {
		case "Doubt":
			add("doubt_code", fields["Code"])
		case "Problem":
			add("error_code", fields["Code"])
		case "Failure":
			add("failure_code", fields["Code"])
		}
	case *ast.Ident:
		switch {
		case typ.Name == "Oddity" && fields["Doubt"] != nil:
			add("doubt_code", fields["Code"])
		case typ.Name == "Oddity", typ.Name == "Doubt" && pkg == "graph": // a graph's notices
			add("warning_code", fields["Code"])
		}
	}
}
