package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// condition negates what no change of an operator negates.
func (f *finder) condition(n ast.Expr) {
	switch c := n.(type) {
	case nil:
		return
	case *ast.BinaryExpr:
		if len(swaps[c.Op]) > 0 && c.Op != token.LAND && c.Op != token.LOR {
			return
		}
	case *ast.UnaryExpr:
		return
	}
	f.replace(n.Pos(), n.End(), "!("+f.text(n)+")")
}

var swaps = map[token.Token][]token.Token{
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.AND: {token.OR}, token.OR: {token.AND}, token.SHL: {token.SHR}, token.SHR: {token.SHL},
	token.INC: {token.DEC}, token.DEC: {token.INC},
	token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN},
	token.OR_ASSIGN: {token.AND_ASSIGN}, token.AND_ASSIGN: {token.OR_ASSIGN},
}

func (f *finder) operator(at token.Pos, op token.Token) {
	for _, other := range swaps[op] {
		f.replace(at, at+token.Pos(len(op.String())), other.String())
	}
}

func (f *finder) expression(n ast.Expr) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		f.operator(n.OpPos, n.Op)
		f.operand(n.X, n.Op)
		f.operand(n.Y, n.Op)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.replace(n.Pos(), n.X.Pos(), " ")
		}
	case *ast.BasicLit:
		if value, err := strconv.ParseInt(n.Value, 0, 64); err == nil && n.Kind == token.INT {
			f.replace(n.Pos(), n.End(), fmt.Sprint(value+1))
			if value > 0 {
				f.replace(n.Pos(), n.End(), fmt.Sprint(value-1))
			}
		}
	case *ast.Ident:
		if other := map[string]string{"true": "false", "false": "true", "min": "max", "max": "min"}[n.Name]; other != "" {
			f.replace(n.Pos(), n.End(), other)
		}
	}
}

// operand makes one side of a condition count for nothing. Of a chain each link
// has its turn.
func (f *finder) operand(n ast.Expr, op token.Token) {
	neutral := map[token.Token]string{token.LAND: " || true)", token.LOR: " && false)"}[op]
	inner, ok := n.(*ast.BinaryExpr)
	if neutral == "" || ok && inner.Op == op {
		return
	}
	f.replace(n.Pos(), n.End(), "(("+f.text(n)+")"+neutral)
}

// returned puts the zero value, or the opposite, in the place of a result.
func (f *finder) returned(n *ast.ReturnStmt) {
	var kinds []ast.Expr
	if results := f.results[len(f.results)-1]; results != nil {
		for _, field := range results.List {
			kinds = append(kinds, slices.Repeat([]ast.Expr{field.Type}, max(len(field.Names), 1))...)
		}
	}
	if len(kinds) != len(n.Results) {
		return
	}
	for i, result := range n.Results {
		was := f.text(result)
		zero := zeroOf(kinds[i])
		if zero == "false" {
			zero = "!(" + was + ")"
		}
		if zero != "" && zero != was && was != "true" && was != "false" {
			f.replace(result.Pos(), result.End(), zero)
		}
	}
}

func zeroOf(kind ast.Expr) string {
	switch kind := kind.(type) {
	case *ast.StarExpr, *ast.MapType, *ast.FuncType, *ast.ArrayType:
		return "nil"
	case *ast.Ident:
		switch kind.Name {
		case "error":
			return "nil"
		case "bool":
			return "false"
		case "string":
			return `""`
		case "int", "int32", "int64", "uint32", "uint64", "float64":
			return "0"
		}
	}
	return ""
}

// fields leaves out one named field of a value at a time.
func (f *finder) fields(n *ast.CompositeLit) {
	for i, element := range n.Elts {
		if _, ok := element.(*ast.KeyValueExpr); !ok {
			return
		}
		end := element.End()
		if i+1 < len(n.Elts) {
			end = n.Elts[i+1].Pos()
		}
		f.replace(element.Pos(), end, "")
	}
}
