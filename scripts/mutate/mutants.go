package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change to one file.
type mutant struct {
	pkg, file  string // file relative to internal
	line       int
	source     []byte
	start, end int    // what of the source is replaced
	text       string // by what
	fate       fate
}

type fate int

const (
	untried fate = iota
	killed
	hung
	survived
	notCompiled
	fates
)

func (m *mutant) String() string {
	was, is := brief(string(m.source[m.start:m.end])), brief(m.text)
	if len(was) > 8 && (is == "" || is[0] == '_') {
		return fmt.Sprintf("%s:%d: without %s", m.file, m.line, was)
	}
	if is == "" {
		is = "nothing"
	}
	from := max(bytes.LastIndexByte(m.source[:m.start], '\n')+1, m.start-24)
	to := min(m.end+24, len(m.source))
	if n := bytes.IndexByte(m.source[m.end:to], '\n'); n >= 0 {
		to = m.end + n
	}
	about := strings.TrimSpace(string(m.source[from:m.start])) + "[" + was + "]" + strings.TrimSpace(string(m.source[m.end:to]))
	return fmt.Sprintf("%s:%d: %s for %s", m.file, m.line, is, about)
}

func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 70 {
		return text[:70] + "…"
	}
	return text
}

func (m *mutant) mutated() []byte {
	return slices.Concat(m.source[:m.start], []byte(m.text), m.source[m.end:])
}

// mutantsOf finds every change to the files of a package.
func mutantsOf(dir, pkg string) ([]*mutant, error) {
	built, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	sources := map[string][]byte{}
	for _, name := range built.GoFiles {
		if sources[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return mutantsIn(pkg, built.GoFiles, sources)
}

func mutantsIn(pkg string, names []string, sources map[string][]byte) ([]*mutant, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(fset, name, sources[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	// Only the package's own names are of interest: imports may well fail.
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Error: func(error) {}, Importer: none{}}
	checked, _ := config.Check(pkg, fset, files, info)
	var all []*mutant
	for i, file := range files {
		f := &finder{fset: fset, pkg: pkg, file: pkg + "/" + names[i], source: sources[names[i]], info: info, scope: checked.Scope()}
		f.walk(file)
		all = append(all, f.found...)
	}
	return all, nil
}

type none struct{}

func (none) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not read", path)
}

type finder struct {
	fset      *token.FileSet
	pkg, file string
	source    []byte
	info      *types.Info
	scope     *types.Scope
	results   []*ast.FieldList // of the functions around
	found     []*mutant
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) text(n ast.Node) string {
	return string(f.source[f.offset(n.Pos()):f.offset(n.End())])
}

func (f *finder) replace(from, to token.Pos, text string) {
	f.found = append(f.found, &mutant{pkg: f.pkg, file: f.file, line: f.fset.Position(from).Line,
		source: f.source, start: f.offset(from), end: f.offset(to), text: text})
}

// drop leaves of a node no more than a use of its variables, without which the
// compiler would complain.
func (f *finder) drop(n ast.Node) {
	f.replace(n.Pos(), n.End(), f.uses(n))
}

func (f *finder) uses(n ast.Node) string {
	var names []string
	ast.Inspect(n, func(inner ast.Node) bool {
		id, ok := inner.(*ast.Ident)
		if !ok {
			return true
		}
		v, ok := f.info.Uses[id].(*types.Var)
		if ok && !v.IsField() && v.Parent() != f.scope && (v.Pos() < n.Pos() || v.Pos() > n.End()) && !slices.Contains(names, id.Name) {
			names = append(names, id.Name)
		}
		return true
	})
	if len(names) == 0 {
		return ""
	}
	return "_" + strings.Repeat(", _", len(names)-1) + " = " + strings.Join(names, ", ")
}

// walk finds the changes: a comparison swapped for its opposite and moved by one,
// && and || swapped, one side of them left out, a condition or a ! turned round,
// + and - and their like swapped, a number one more and one less, true and false
// and min and max swapped; a statement, the body of an if, a case or one of its
// values, a field of a value left out; a result turned round or zero.
func (f *finder) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				f.function(n.Type, n.Body)
			}
			return false
		case *ast.FuncLit:
			f.function(n.Type, n.Body)
			return false
		case *ast.GenDecl:
			return n.Tok != token.IMPORT && n.Tok != token.TYPE
		case *ast.BlockStmt:
			f.statements(n.List)
		case *ast.CaseClause:
			f.clause(n)
		case *ast.IfStmt:
			f.condition(n.Cond)
			if list := n.Body.List; len(list) > 0 && (len(list) > 1 || !droppable(list[0])) {
				f.replace(n.Body.Lbrace+1, n.Body.Rbrace, f.uses(n.Body))
			}
		case *ast.ForStmt:
			f.condition(n.Cond)
		case *ast.ReturnStmt:
			f.returned(n)
		case *ast.CompositeLit:
			f.fields(n)
		case ast.Expr:
			f.expression(n)
		case *ast.AssignStmt:
			f.operator(n.TokPos, n.Tok)
		case *ast.IncDecStmt:
			f.operator(n.TokPos, n.Tok)
		}
		return true
	})
}

func (f *finder) function(signature *ast.FuncType, body *ast.BlockStmt) {
	f.results = append(f.results, signature.Results)
	list := body.List
	if n := len(list); n > 0 && signature.Results.NumFields() > 0 {
		list = list[:n-1] // without the last return it would not compile
	}
	f.statements(list)
	for _, s := range body.List {
		f.walk(s)
	}
	f.results = f.results[:len(f.results)-1]
}

// droppable tells statements that can go on their own.
func droppable(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt, *ast.BranchStmt, *ast.ReturnStmt:
		return true
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE
	}
	return false
}

func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		if droppable(s) {
			f.drop(s)
		}
	}
}

func (f *finder) clause(n *ast.CaseClause) {
	f.statements(n.Body)
	if len(n.List) < 2 {
		f.replace(n.Pos(), n.End(), "")
		return
	}
	for i, value := range n.List {
		if i == 0 {
			f.replace(value.Pos(), n.List[1].Pos(), "")
		} else {
			f.replace(n.List[i-1].End(), value.End(), "")
		}
	}
}
